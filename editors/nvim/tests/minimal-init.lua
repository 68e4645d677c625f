vim.opt.runtimepath:prepend(vim.env.JITCHECK_PLUGIN)
vim.opt.swapfile = false
vim.lsp.enable("jitcheck")
