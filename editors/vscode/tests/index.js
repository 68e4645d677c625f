// Runs inside VS Code's extension host; ../../e2e/exthost.mjs starts it.
const vscode = require("vscode");
const assert = require("node:assert/strict");
const cp = require("node:child_process");

const until = async (what, fn, ms = 30000) => {
  const end = Date.now() + ms;
  while (Date.now() < end) {
    const value = await fn();
    if (value) return value;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`timed out waiting for ${what}`);
};

exports.run = async function run() {
  let passed = 0, failed = 0;
  const t = async (name, fn) => {
    try { await fn(); passed++; console.log("ok " + name); }
    catch (error) { failed++; console.log("not ok " + name + " " + (error.stack || error)); }
  };
  const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, "kernels.py");
  const document = await vscode.workspace.openTextDocument(uri);
  const editor = await vscode.window.showTextDocument(document);
  const found = () => vscode.languages.getDiagnostics(uri).filter((it) => it.source === "jitcheck");
  const lenses = async () => (await vscode.commands.executeCommand("vscode.executeCodeLensProvider", uri, 100)).filter((lens) => lens.command);
  const runLens = () => until("a run lens", async () => (await lenses()).find((lens) => lens.command.command === "jitcheck.run"));
  // Whatever the program is called: the child of the extension host that is a language server.
  const servers = () => cp.execSync(`ps -o pid=,args= --ppid ${process.pid}`).toString().split("\n").filter((line) => / server\s*$/.test(line));
  const serverId = () => Number(servers()[0]?.trim().split(/\s+/)[0]);

  await t("extension activates", () => until("activation", () => vscode.extensions.getExtension("jitcheck.jitcheck")?.isActive));
  await t("diagnostics", async () => {
    await until("diagnostics", () => found().length);
    const [first] = found();
    assert.equal(typeof first.code === "object" ? first.code.value : first.code, "list-as-shape");
    const { start, end } = first.range;
    assert.deepEqual([start.line, start.character, end.character], [14, 17, 23]);
  });
  await t("hover", async () => {
    const hovers = await until("hover", async () => {
      const found = await vscode.commands.executeCommand("vscode.executeHoverProvider", uri, new vscode.Position(9, 12));
      return found.length && found;
    });
    assert.match(hovers.map((hover) => hover.contents.map((part) => part.value).join()).join(), /float64/);
  });
  await t("inlay hints", async () => {
    const hints = await vscode.commands.executeCommand("vscode.executeInlayHintProvider", uri, new vscode.Range(0, 0, 30, 0));
    assert.match(JSON.stringify(hints.map((hint) => hint.label)), /float64/);
  });
  await t("lens command returns the result", async () => {
    const { command, arguments: args } = (await runLens()).command;
    const answer = await vscode.commands.executeCommand(command, ...args);
    assert.equal(answer.function, "total");
    assert.match(JSON.stringify(answer.result), /6/);
  });
  await t("lens shows the last result", () => until("result on the lens", async () => (await lenses()).some((lens) => lens.command.title.startsWith("▶ Run → 6.0"))));
  await t("command at the cursor", async () => {
    editor.selection = new vscode.Selection(8, 0, 8, 0);
    await vscode.commands.executeCommand("jitcheck.runAtCursor");
  });
  await t("arguments are typed in", async () => {
    editor.selection = new vscode.Selection(8, 0, 8, 0);
    const answer = await vscode.commands.executeCommand("jitcheck.runWithArguments", "xs=np.array([1.5, 2.5])");
    assert.equal(answer.result, 4, JSON.stringify(answer));
  });
  await t("quick fix", async () => {
    const actions = await vscode.commands.executeCommand("vscode.executeCodeActionProvider", uri, new vscode.Range(14, 18, 14, 18), "quickfix");
    const fix = actions.find((action) => action.isPreferred);
    assert.ok(fix, JSON.stringify(actions.map((action) => action.title)));
    assert.ok(await vscode.workspace.applyEdit(fix.edit));
    assert.match(document.lineAt(14).text, /\(n, 2\)/);
    await until("no diagnostics", () => found().length === 0);
    await vscode.commands.executeCommand("undo");
    await until("diagnostics", () => found().length);
  });
  await t("findings appear while typing, without a save", async () => {
    const place = document.lineAt(14).text.indexOf("2]");
    await editor.edit((edit) => edit.insert(new vscode.Position(14, place), "n "));
    await until("a syntax error", () => found().some((it) => it.code?.value === "syntax-error" || it.code === "syntax-error"));
    assert.ok(document.isDirty);
    await vscode.commands.executeCommand("undo");
    await until("the finding of before", () => found().length === 1);
  });
  await t("a benchmark opens the panel of results", async () => {
    const answer = await vscode.commands.executeCommand("jitcheck.bench", uri.toString(), "total", {});
    assert.equal(typeof answer.steady_ms, "number", JSON.stringify(answer));
    const tabs = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const tab = await until("a panel", () => tabs().find((tab) => tab.label === "jitcheck: Results"));
    await vscode.window.tabGroups.close(tab);
  });
  await t("a crashing and a looping kernel leave the server up", async () => {
    const trouble = vscode.Uri.joinPath(uri, "..", "trouble.py");
    await vscode.workspace.openTextDocument(trouble);
    const before = serverId();
    const crash = await vscode.commands.executeCommand("jitcheck.run", trouble.toString(), "wild", { args: { n: "17592186044416" }, boundscheck: false });
    assert.equal(crash.status, "crashed", JSON.stringify(crash));
    const loop = await vscode.commands.executeCommand("jitcheck.run", trouble.toString(), "spin", { args: { n: "1" }, timeout: 1 });
    assert.equal(loop.status, "timeout", JSON.stringify(loop));
    assert.equal(serverId(), before);
    const raised = await vscode.commands.executeCommand("jitcheck.run", trouble.toString(), "wild", { args: { n: "9" } });
    assert.equal(raised.exception.class, "IndexError");
    const shown = await until("the exception on its line", () => vscode.languages.getDiagnostics(trouble).find((it) => it.message.startsWith("IndexError")));
    assert.equal(shown.range.start.line, 15);
  });
  await t("a notebook shows findings in the right cell", async () => {
    const cell = (text) => new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, "python");
    const cells = [cell("import numpy as np\nfrom numba import njit"), cell("@njit\ndef f(n):\n    return np.zeros([n, 2])")];
    const notebook = await vscode.workspace.openNotebookDocument("jupyter-notebook", new vscode.NotebookData(cells));
    await vscode.window.showNotebookDocument(notebook);
    const ours = (at) => vscode.languages.getDiagnostics(notebook.cellAt(at).document.uri).filter((it) => it.source === "jitcheck");
    const [finding] = await until("a finding in the cell", () => ours(1).length && ours(1));
    assert.deepEqual([finding.range.start.line, finding.range.start.character], [2, 20]);
    assert.equal(ours(0).length, 0);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await vscode.window.showTextDocument(document);
  });
  await t("settings reach the server", async () => {
    const settings = vscode.workspace.getConfiguration("jitcheck");
    await settings.update("enable", false, vscode.ConfigurationTarget.Workspace);
    await until("no diagnostics", () => found().length === 0);
    await settings.update("enable", undefined, vscode.ConfigurationTarget.Workspace);
    await until("diagnostics", () => found().length);
  });
  await t("restart", async () => {
    await vscode.commands.executeCommand("jitcheck.restart");
    await until("diagnostics", () => found().length);
    await runLens();
    assert.equal(servers().length, 1);
  });
  await t("a killed server is started again", async () => {
    const pid = serverId();
    process.kill(pid, "SIGKILL");
    await until("another server", () => servers().length === 1 && !servers()[0].trim().startsWith(`${pid} `));
    await runLens();
    await until("diagnostics", () => found().length);
  });
  console.log(`${passed} passed, ${failed} failed`);
  if (failed) throw new Error(`${failed} failed`);
};
