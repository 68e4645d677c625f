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
  const servers = () => cp.execSync(`ps -o pid=,args= --ppid ${process.pid}`).toString().split("\n").filter((line) => /jitcheck\S* server/.test(line));

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
    const pid = Number(servers()[0].trim().split(/\s+/)[0]);
    process.kill(pid, "SIGKILL");
    await until("another server", () => servers().length === 1 && !servers()[0].trim().startsWith(`${pid} `));
    await runLens();
    await until("diagnostics", () => found().length);
  });
  console.log(`${passed} passed, ${failed} failed`);
  if (failed) throw new Error(`${failed} failed`);
};
