vim.opt.runtimepath:prepend(vim.env.JITCHECK_PLUGIN)
vim.opt.swapfile = false
vim.opt.shadafile = "NONE"
require("jitcheck").setup({ settings = { run = { timeout = 20 } } })
