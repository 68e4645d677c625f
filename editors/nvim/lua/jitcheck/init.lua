-- The client side of the language server: where the program is, lenses that stay current, and a window for results.
-- Neovim 0.11 and newer need no setup(); it adds inlay hints and the refresh of lenses, and serves 0.8 to 0.10.
local M = {}

local NAME = "jitcheck"
local has = function(version) return vim.fn.has("nvim-" .. version) == 1 end

M.opts = {
  cmd = nil, -- a list; default: the program of the virtual environment, else the one on PATH
  settings = {}, -- what VS Code calls `jitcheck.*`
  inlay_hints = true,
  code_lens = true,
  show_result = true, -- in a floating window; the lens shows it in any case
}

-- The result of the last command, as the server sent it.
M.last_result = nil

function M.program()
  local windows = vim.fn.has("win32") == 1
  if vim.env.VIRTUAL_ENV then
    local local_one = vim.env.VIRTUAL_ENV .. (windows and "/Scripts/jitcheck.exe" or "/bin/jitcheck")
    if vim.fn.executable(local_one) == 1 then return local_one end
  end
  return "jitcheck"
end

function M.cmd() return M.opts.cmd or { M.program(), "server" } end

-- Our clients, of one buffer or of all.
function M.clients(bufnr)
  local list = vim.lsp.get_clients or vim.lsp.get_active_clients -- the second before 0.10
  return list({ name = NAME, bufnr = bufnr })
end

local function request(client, method, params, handler, bufnr)
  if has("0.11") then return client:request(method, params, handler, bufnr) end
  return client.request(method, params, handler, bufnr)
end

local function notify(message, level) vim.notify("jitcheck: " .. message, level or vim.log.levels.INFO) end

-- Neovim's own handler writes a line that leads to a "Press ENTER" prompt; vim.notify does not.
M.handlers = {
  ["window/showMessage"] = function(_, params)
    local levels = { vim.log.levels.ERROR, vim.log.levels.WARN, vim.log.levels.INFO }
    notify(params.message, levels[params.type] or vim.log.levels.DEBUG)
    return params
  end,
}

function M.refresh_lenses()
  if not M.opts.code_lens then return end
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) and #M.clients(bufnr) > 0 then
      if has("0.10") then
        vim.lsp.codelens.refresh({ bufnr = bufnr })
      else
        vim.api.nvim_buf_call(bufnr, vim.lsp.codelens.refresh)
      end
    end
  end
end

local function text_of(value)
  if value == nil or value == vim.NIL then return "None" end
  return type(value) == "string" and value or vim.json.encode(value)
end

local function add(lines, label, value)
  if value == nil or value == vim.NIL then return end
  local text = vim.split(text_of(value), "\n", { plain = true })
  lines[#lines + 1] = ("%-10s %s"):format(label, text[1])
  for i = 2, #text do lines[#lines + 1] = (" "):rep(11) .. text[i] end
end

-- The lines that describe a result to a person.
function M.describe(result)
  local lines = { result["function"] or "?" }
  if result.why then add(lines, result.status or "failed", result.why) end
  if type(result.specialization) == "table" then
    add(lines, "types", "(" .. table.concat(vim.tbl_map(text_of, result.specialization), ", ") .. ")")
  else
    add(lines, "types", result.specialization)
  end
  if type(result.exception) == "table" then
    local line = result.exception.line
    add(lines, "raised", ("%s: %s%s"):format(text_of(result.exception.class), text_of(result.exception.message),
      (line and line ~= vim.NIL) and (" (line " .. text_of(line) .. ")") or ""))
  elseif result.result_type ~= nil and result.result_type ~= vim.NIL then
    add(lines, "result", result.result_text or text_of(result.result))
    add(lines, "type", result.result_type)
  end
  if type(result.mutated) == "table" and next(result.mutated) then add(lines, "mutated", result.mutated) end
  if result.made_up == true then add(lines, "arguments", "made up: " .. text_of(result.arguments_from)) end
  for _, key in ipairs({ "verified", "difference", "compile_ms", "run_ms", "steady_ms" }) do
    add(lines, (key:gsub("_", " ")), result[key])
  end
  if type(result.speedup) == "table" then
    for name, factor in pairs(result.speedup) do add(lines, name, ("%.1f times slower"):format(factor)) end
  end
  return lines
end

local function show_text(title, text, filetype)
  vim.cmd("botright new")
  local bufnr = vim.api.nvim_get_current_buf()
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, vim.split(text, "\n", { plain = true }))
  vim.bo[bufnr].buftype, vim.bo[bufnr].bufhidden, vim.bo[bufnr].swapfile = "nofile", "wipe", false
  vim.bo[bufnr].modifiable, vim.bo[bufnr].filetype = false, filetype
  pcall(vim.api.nvim_buf_set_name, bufnr, title)
end

local function show(command, result)
  if type(result) ~= "table" or not M.opts.show_result then return end
  local text = result.text or result.asm or result.types
  if type(text) == "string" then
    return show_text(("jitcheck://%s/%s"):format(command, result["function"] or ""), text, command == "jitcheck.showAssembly" and "asm" or "text")
  end
  vim.lsp.util.open_floating_preview(M.describe(result), "", { border = "rounded", focus_id = "jitcheck" })
end

-- Runs on the client so that the result can be shown and the lenses refreshed.
local function execute(command, context)
  local client = vim.lsp.get_client_by_id(context.client_id)
  if not client then return end
  local params = { command = command.command, arguments = command.arguments }
  request(client, "workspace/executeCommand", params, function(err, result)
    if err then return notify(err.message, vim.log.levels.ERROR) end
    M.last_result = result
    show(command.command, result)
    M.refresh_lenses()
  end, context.bufnr)
end

M.commands = {}
for _, name in ipairs({ "run", "bench", "verify", "showTypes", "showAssembly" }) do M.commands["jitcheck." .. name] = execute end

-- The kernel that the cursor is in: the last one that starts at or above it.
local function with_kernel(bufnr, found)
  local client = M.clients(bufnr)[1]
  if not client then return notify("no server is attached to this buffer", vim.log.levels.WARN) end
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  local params = { textDocument = vim.lsp.util.make_text_document_params(bufnr) }
  request(client, "textDocument/codeLens", params, function(err, lenses)
    local nearest
    for _, lens in ipairs(err and {} or lenses or {}) do
      local at = lens.range.start.line
      if lens.command and lens.command.arguments and at <= row and (not nearest or at >= nearest.range.start.line) then
        nearest = lens
      end
    end
    if not nearest then return notify("no kernel above the cursor can be run", vim.log.levels.WARN) end
    found(client, nearest.command.arguments)
  end, bufnr)
end

local subcommands = { run = "run", bench = "bench", verify = "verify", types = "showTypes", assembly = "showAssembly" }

-- `n=3, xs=np.ones((2, 2))` by name. Commas in brackets and strings divide nothing.
function M.arguments(text)
  local found, part, depth, quote = vim.empty_dict(), "", 0, nil
  for char in (text .. ","):gmatch(".") do
    if char == "," and depth == 0 and not quote then
      local name, value = part:match("^%s*([%w_]+)%s*=%s*(.-)%s*$")
      if name then found[name] = value end
      part = ""
    else
      if quote then
        if char == quote then quote = nil end
      elseif char == '"' or char == "'" then
        quote = char
      elseif char:find("[%(%[{]") then
        depth = depth + 1
      elseif char:find("[%)%]}]") then
        depth = depth - 1
      end
      part = part .. char
    end
  end
  return found
end

-- `:Jitcheck NAME`, and for those that call the kernel, arguments for it.
function M.command(name, given)
  if name == "restart" then return M.restart() end
  local target = subcommands[name]
  if not target then return notify("there is no command " .. tostring(name), vim.log.levels.ERROR) end
  local bufnr = vim.api.nvim_get_current_buf()
  with_kernel(bufnr, function(client, arguments)
    arguments = { arguments[1], arguments[2], (given or "") ~= "" and { args = M.arguments(given) } or nil }
    execute({ command = "jitcheck." .. target, arguments = arguments }, { client_id = client.id, bufnr = bufnr })
  end)
end

-- The buffers that a server is there for, and when servers ended without being asked to.
local buffers, crashes, stopping = {}, {}, false

-- The autocommand of vim.lsp.enable(), or of setup() before 0.11, starts a server for a Python buffer.
local function start_again()
  vim.defer_fn(function()
    stopping = false
    for bufnr in pairs(buffers) do
      if vim.api.nvim_buf_is_loaded(bufnr) then vim.api.nvim_exec_autocmds("FileType", { buffer = bufnr }) end
    end
  end, 300)
end

function M.restart()
  stopping = true
  for _, client in ipairs(M.clients()) do
    if has("0.11") then client:stop(true) else client.stop(true) end
  end
  start_again()
end

function M.on_attach(_, bufnr) buffers[bufnr] = true end

-- A server that was killed or crashed is started again, unless it keeps ending.
function M.on_exit(code, signal)
  if stopping or vim.v.exiting ~= vim.NIL or (code == 0 and signal == 0) then return end
  local now = os.time()
  crashes = vim.tbl_filter(function(at) return now - at < 180 end, crashes)
  crashes[#crashes + 1] = now
  vim.schedule(function()
    if #crashes > 4 then
      return notify("the server ended five times in three minutes; `:Jitcheck restart` starts it again", vim.log.levels.ERROR)
    end
    notify("the server ended unexpectedly and is started again", vim.log.levels.WARN)
    start_again()
  end)
end

local function attached(bufnr)
  if vim.lsp.inlay_hint and M.opts.inlay_hints then vim.lsp.inlay_hint.enable(true, { bufnr = bufnr }) end
  if not M.opts.code_lens then return end
  -- Neovim does not say that it can be asked to refresh, so it has to think of it itself.
  vim.api.nvim_create_autocmd({ "BufEnter", "InsertLeave", "BufWritePost", "TextChanged" }, {
    buffer = bufnr,
    group = vim.api.nvim_create_augroup("jitcheck_lenses_" .. bufnr, { clear = true }),
    callback = M.refresh_lenses,
  })
  M.refresh_lenses()
end

-- 0.8 to 0.10 have no vim.lsp.enable.
local function start(bufnr)
  local markers = { "jitcheck.toml", "pyproject.toml", "setup.cfg", ".git" }
  local found = vim.fs.find(markers, { path = vim.api.nvim_buf_get_name(bufnr), upward = true })[1]
  vim.lsp.start({
    name = NAME,
    cmd = M.cmd(),
    root_dir = found and vim.fs.dirname(found) or vim.fn.getcwd(),
    handlers = M.handlers,
    commands = M.commands,
    on_attach = M.on_attach,
    on_exit = M.on_exit,
    settings = { jitcheck = M.opts.settings },
    init_options = { settings = M.opts.settings },
  }, { bufnr = bufnr })
end

function M.setup(opts)
  M.opts = vim.tbl_extend("force", M.opts, opts or {})
  local group = vim.api.nvim_create_augroup("jitcheck", { clear = true })
  vim.api.nvim_create_autocmd("LspAttach", {
    group = group,
    callback = function(args)
      local client = vim.lsp.get_client_by_id(args.data.client_id)
      if client and client.name == NAME then attached(args.buf) end
    end,
  })
  if has("0.11") then
    vim.lsp.config(NAME, {
      cmd = M.cmd(),
      settings = { jitcheck = M.opts.settings },
      init_options = { settings = M.opts.settings },
    })
    vim.lsp.enable(NAME)
  else
    vim.api.nvim_create_autocmd("FileType", {
      group = group,
      pattern = "python",
      callback = function(args) start(args.buf) end,
    })
  end
end

return M
