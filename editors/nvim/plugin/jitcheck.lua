if vim.g.loaded_jitcheck then return end
vim.g.loaded_jitcheck = 1

local names = { "run", "bench", "verify", "types", "assembly", "restart" }

vim.api.nvim_create_user_command("Jitcheck", function(args)
  local name, given = args.args:match("^(%S+)%s*(.*)$")
  require("jitcheck").command(name, given)
end, {
  nargs = "+",
  desc = "Run, time, verify or show the kernel under the cursor",
  complete = function(lead)
    return vim.tbl_filter(function(name) return vim.startswith(name, lead) end, names)
  end,
})
