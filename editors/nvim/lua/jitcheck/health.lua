-- `:checkhealth jitcheck`
local health = vim.health or require("health")
local start, ok = health.start or health.report_start, health.ok or health.report_ok
local warn, err = health.warn or health.report_warn, health.error or health.report_error

return {
  check = function()
    start("jitcheck")
    local program = require("jitcheck").cmd()[1]
    if vim.fn.executable(program) ~= 1 then
      err(program .. " is not executable", { "pip install jitcheck", 'or require("jitcheck").setup({ cmd = { "/path/to/jitcheck", "server" } })' })
      return
    end
    ok(("%s is executable: %s"):format(program, vim.fn.exepath(program)))
    local version = vim.fn.systemlist({ program, "--version" })
    if vim.v.shell_error == 0 then ok("version: " .. (version[1] or "?")) else warn(program .. " --version fails") end
    local clients = require("jitcheck").clients()
    if #clients > 0 then ok(#clients .. " server(s) running") else warn("no server runs; open a Python file") end
    if vim.fn.has("nvim-0.10") == 1 then ok("inlay hints are supported") else warn("inlay hints need Neovim 0.10 or newer") end
  end,
}
