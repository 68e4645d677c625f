-- What a configuration gets that says no more than vim.lsp.enable("jitcheck").
local pass, fail = 0, 0
local function t(name, done)
  local ok = vim.wait(20000, done, 50)
  if ok then pass = pass + 1 else fail = fail + 1 end
  io.write((ok and "ok   " or "FAIL ") .. name .. "\n")
end
t("minimal: diagnostic", function() return #vim.diagnostic.get(0) == 1 end)
vim.lsp.codelens.refresh({ bufnr = 0 })
t("minimal: lenses", function() return #vim.lsp.codelens.get(0) > 0 end)
vim.api.nvim_win_set_cursor(0, { 6, 0 })
vim.cmd("Jitcheck run")
t("minimal: message", function() return vim.fn.execute("messages"):find("total → 6.0", 1, true) ~= nil end)
io.write(("%d passed, %d failed\n"):format(pass, fail))
vim.cmd(fail > 0 and "cquit 1" or "qall!")
