-- Neovim 0.11 and newer find this file on 'runtimepath': `vim.lsp.enable("jitcheck")` is all that a configuration needs.
-- `vim.lsp.config("jitcheck", { settings = { jitcheck = { ... } } })` changes what is here.
local jitcheck = require("jitcheck")

return {
  cmd = jitcheck.cmd(),
  filetypes = { "python" },
  root_markers = { "jitcheck.toml", "pyproject.toml", "setup.cfg", ".git" },
  handlers = jitcheck.handlers,
  commands = jitcheck.commands,
  on_attach = jitcheck.on_attach,
  on_exit = jitcheck.on_exit,
}
