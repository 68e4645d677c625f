-- nvim --headless --clean -u tests/init.lua FILE -c 'luafile tests/e2e.lua'
local pass, fail = 0, 0
local function t(name, fn)
  local ok, why = xpcall(fn, debug.traceback)
  if ok then pass = pass + 1 else fail = fail + 1 end
  io.write((ok and "ok   " or "FAIL ") .. name .. (ok and "" or ("\n     " .. tostring(why))) .. "\n")
end
local function until_(what, fn)
  local value
  assert(vim.wait(20000, function() value = fn(); return value and true or false end, 50), "timed out waiting for " .. what)
  return value
end
local b = vim.api.nvim_get_current_buf()
local window = vim.api.nvim_get_current_win()
local jitcheck = require("jitcheck")
local version = vim.version()
io.write(("nvim %d.%d.%d\n"):format(version.major, version.minor, version.patch))

local function floating()
  for _, w in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(w).relative ~= "" then
      return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(w), 0, -1, false), "\n")
    end
  end
end
local function close_floating()
  for _, w in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(w).relative ~= "" then vim.api.nvim_win_close(w, true) end
  end
end
local function lens_titles()
  local titles = {}
  for _, lens in ipairs(vim.lsp.codelens.get(b) or {}) do
    lens = lens.lens or lens
    if lens.command then titles[#titles + 1] = lens.command.title end
  end
  return titles
end

t("client attaches", function()
  local client = until_("client", function() return jitcheck.clients(b)[1] end)
  io.write("     offset_encoding=" .. tostring(client.offset_encoding) .. "\n")
end)
t("diagnostic", function()
  local found = until_("diagnostic", function() local d = vim.diagnostic.get(b); return #d > 0 and d end)
  assert(#found == 1 and found[1].code == "list-as-shape" and found[1].lnum == 14, vim.inspect(found))
  -- In bytes: four blanks, a letter of two bytes, and ` = np.zeros(`.
  assert(found[1].col == 18, "column " .. found[1].col)
end)
t("hover", function()
  vim.api.nvim_win_set_cursor(window, { 10, 12 })
  vim.lsp.buf.hover()
  local text = until_("hover window", floating)
  assert(text:find("float64", 1, true), text)
  close_floating()
end)
if vim.lsp.inlay_hint then
  t("inlay hints", function()
    local hints = until_("hints", function() local h = vim.lsp.inlay_hint.get({ bufnr = b }); return #h > 0 and h end)
    assert(vim.inspect(hints):find("float64", 1, true), vim.inspect(hints))
  end)
end
t("code lens shown", function() until_("lenses", function() return vim.tbl_contains(lens_titles(), "▶ Run") end) end)
t("code lens runs", function()
  vim.api.nvim_set_current_win(window)
  vim.api.nvim_win_set_cursor(window, { 6, 0 })
  vim.cmd("Jitcheck run")
  local result = until_("result", function() return jitcheck.last_result end)
  assert(result["function"] == "total" and tostring(result.result):find("6", 1, true), vim.inspect(result))
end)
t("result in a floating window", function()
  local text = until_("result window", floating)
  assert(text:find("total", 1, true) and text:find("6.0", 1, true), text)
  close_floating()
end)
t("code lens refreshed after the run", function()
  until_("new title", function()
    return vim.tbl_contains(vim.tbl_map(function(title) return vim.startswith(title, "▶ Run → 6.0") end, lens_titles()), true)
  end)
end)
-- What the window shows, as HTML for a picture.
if vim.env.JITCHECK_PICTURE and vim.fn.has("nvim-0.11") == 1 then
  t("picture", function()
    vim.o.background, vim.o.termguicolors = "light", true
    vim.cmd("colorscheme default | syntax on | set number | set signcolumn=yes")
    local first_line = function(it) return vim.split(it.message, "\n")[1] end
    vim.diagnostic.config({ virtual_text = { format = first_line } })
    vim.cmd("redraw")
    vim.wait(500)
    vim.fn.writefile(require("tohtml").tohtml(window, { number_lines = true, font = "DejaVu Sans Mono" }), vim.env.JITCHECK_PICTURE)
  end)
end
t("server's message reaches the user", function()
  assert(vim.fn.execute("messages"):find("total → 6.0", 1, true), vim.fn.execute("messages"))
end)
t("arguments are typed in", function()
  jitcheck.last_result = nil
  vim.api.nvim_win_set_cursor(window, { 6, 0 })
  vim.cmd("Jitcheck run xs=np.array([1.5, 2.5])")
  local result = until_("result", function() return jitcheck.last_result end)
  assert(tonumber(result.result) == 4, vim.inspect(result))
  close_floating()
end)
t("code action edits the buffer", function()
  vim.api.nvim_win_set_cursor(window, { 15, 20 })
  vim.lsp.buf.code_action({ apply = true, filter = function(action) return action.isPreferred end })
  until_("edit", function() return vim.api.nvim_buf_get_lines(b, 14, 15, false)[1]:find("(n, 2)", 1, true) end)
  until_("diagnostics gone", function() return #vim.diagnostic.get(b) == 0 end)
end)
t("undo brings the diagnostic back", function()
  vim.cmd("silent undo")
  until_("diagnostic", function() return #vim.diagnostic.get(b) == 1 end)
end)
t("restart", function()
  local before = jitcheck.clients(b)[1].id
  vim.cmd("Jitcheck restart")
  until_("another client", function() local c = jitcheck.clients(b)[1]; return c and c.id ~= before end)
  until_("diagnostic", function() return #vim.diagnostic.get(b) == 1 end)
end)
t("checkhealth", function()
  vim.cmd("checkhealth jitcheck")
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
  assert(text:find("is executable", 1, true) and text:find("version:", 1, true), text)
  vim.cmd("silent! bwipeout!")
end)
t("help", function()
  vim.cmd("helptags " .. vim.fn.fnameescape(vim.env.JITCHECK_TAGS))
  vim.cmd("help :Jitcheck")
  vim.cmd("helpclose")
end)
t("findings appear while typing, without a save", function()
  vim.cmd("edit! kernels.py")
  b = vim.api.nvim_get_current_buf()
  until_("the finding", function() return #vim.diagnostic.get(b) == 1 end)
  vim.api.nvim_buf_set_text(b, 14, 19, 14, 20, { "n n" })
  until_("a syntax error", function()
    return vim.tbl_contains(vim.tbl_map(function(it) return it.code end, vim.diagnostic.get(b)), "syntax-error")
  end)
  assert(vim.bo[b].modified)
  vim.api.nvim_buf_set_text(b, 14, 19, 14, 22, { "n" })
  until_("the finding of before", function() local d = vim.diagnostic.get(b); return #d == 1 and d[1].code == "list-as-shape" end)
end)
t("a crashing and a looping kernel leave the server up", function()
  local client = jitcheck.clients(b)[1]
  local uri = vim.uri_from_fname(vim.fn.getcwd() .. "/trouble.py")
  local run = function(name, options)
    local params = { command = "jitcheck.run", arguments = { uri, name, options } }
    local answer = client.request_sync and (vim.fn.has("nvim-0.11") == 1 and client:request_sync("workspace/executeCommand", params, 60000, b)
      or client.request_sync("workspace/executeCommand", params, 60000, b))
    return assert(answer and answer.result, vim.inspect(answer))
  end
  local crash = run("wild", { args = { n = "17592186044416" }, boundscheck = false })
  assert(crash.status == "crashed", vim.inspect(crash))
  local loop = run("spin", { args = { n = "1" }, timeout = 1 })
  assert(loop.status == "timeout", vim.inspect(loop))
  assert(jitcheck.clients(b)[1].id == client.id)
end)
t("a killed server comes back", function()
  local before = jitcheck.clients(b)[1].id
  for _, pid in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do (vim.uv or vim.loop).kill(pid, "sigkill") end
  until_("another server", function() local client = jitcheck.clients(b)[1]; return client and client.id ~= before end)
  vim.diagnostic.reset(nil, b)
  vim.api.nvim_buf_set_text(b, 14, 19, 14, 20, { "m" })
  until_("its findings", function() return #vim.diagnostic.get(b) > 0 end)
end)
io.write(("%d passed, %d failed\n"):format(pass, fail))
vim.cmd(fail > 0 and "cquit 1" or "qall!")
