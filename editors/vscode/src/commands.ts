// The commands of the palette, and what the user sees of a result.
//
// `jitcheck.run`, `jitcheck.bench`, `jitcheck.verify`, `jitcheck.showTypes` and `jitcheck.showAssembly` are the server's: the client
// library registers them when the server offers them, and a second registration would fail.
import * as vscode from "vscode";
import SAMPLE from "../media/sample.py";
import { ResultsPanel } from "./results";
import type { Server } from "./server";

/** What the server answers to a command; the same JSON as the command line's. */
export interface Answer {
  function?: string;
  status?: string;
  why?: string;
  text?: string;
  [field: string]: unknown;
}

export function registerCommands(server: Server): vscode.Disposable[] {
  const onCursor = (name: string) => async () => runAtCursor(name);
  return [
    vscode.commands.registerCommand("jitcheck.restart", () => server.restart()),
    vscode.commands.registerCommand("jitcheck.showOutput", () => server.output.show()),
    vscode.commands.registerCommand("jitcheck.runAtCursor", onCursor("jitcheck.run")),
    vscode.commands.registerCommand("jitcheck.benchAtCursor", onCursor("jitcheck.bench")),
    vscode.commands.registerCommand("jitcheck.verifyAtCursor", onCursor("jitcheck.verify")),
    vscode.commands.registerCommand("jitcheck.showTypesAtCursor", onCursor("jitcheck.showTypes")),
    vscode.commands.registerCommand("jitcheck.showAssemblyAtCursor", onCursor("jitcheck.showAssembly")),
    vscode.commands.registerCommand("jitcheck.runWithArguments", runWithArguments),
    vscode.commands.registerCommand("jitcheck.showResults", () => results.show(false)),
    vscode.commands.registerCommand("jitcheck.openSample", openSample),
    vscode.commands.registerCommand("jitcheck.printDebugInformation", () => printDebugInformation(server)),
    vscode.workspace.registerTextDocumentContentProvider("jitcheck", dumps),
    results,
  ];
}

/** Runs a command on the last kernel that starts at or above the cursor. */
async function runAtCursor(name: string, ...options: unknown[]): Promise<unknown> {
  const kernel = await kernelAtCursor();
  return kernel && vscode.commands.executeCommand(name, ...kernel, ...options);
}

/** The arguments of the commands about that kernel: its document and its name. */
async function kernelAtCursor(): Promise<unknown[] | undefined> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    return undefined;
  }
  const uri = editor.document.uri;
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>("vscode.executeCodeLensProvider", uri, 1000);
  const line = editor.selection.active.line;
  const above = lenses.filter((lens) => lens.range.start.line <= line && lens.command?.command.startsWith("jitcheck.") && lens.command.arguments);
  const nearest = above.sort((a, b) => a.range.start.line - b.range.start.line).at(-1);
  if (!nearest?.command?.arguments) {
    void vscode.window.showInformationMessage("jitcheck: no kernel above the cursor can be run.");
    return undefined;
  }
  return nearest.command.arguments.slice(0, 2);
}

let lastArguments = "";

async function runWithArguments(given?: string): Promise<unknown> {
  const text = given ?? (await vscode.window.showInputBox({ title: "jitcheck: arguments", prompt: "Python expressions by parameter name; others are taken from the calls in the file", placeHolder: "n=3, xs=np.ones(4)", value: lastArguments }));
  if (text === undefined) {
    return undefined;
  }
  lastArguments = text;
  return runAtCursor("jitcheck.run", { args: splitArguments(text) });
}

/** `n=3, xs=np.ones((2, 2))` by name. Commas in brackets and strings divide nothing. */
export function splitArguments(text: string): Record<string, string> {
  const parts = [""];
  let depth = 0, quote = "";
  for (const char of text) {
    if (quote) {
      quote = char === quote ? "" : quote;
    } else if (char === '"' || char === "'") {
      quote = char;
    } else if ("([{".includes(char)) {
      depth++;
    } else if (")]}".includes(char)) {
      depth--;
    } else if (char === "," && depth === 0) {
      parts.push("");
      continue;
    }
    parts[parts.length - 1] += char;
  }
  const pairs = parts.map((part) => /^\s*(\w+)\s*=\s*([^=].*?)\s*$/s.exec(part)).filter((it) => it !== null);
  return Object.fromEntries(pairs.map((pair) => [pair[1], pair[2]]));
}

/** The sample that the walkthrough talks about, as a file that is not saved anywhere yet. */
async function openSample(): Promise<void> {
  const content = SAMPLE;
  const document = await vscode.workspace.openTextDocument({ language: "python", content });
  await vscode.window.showTextDocument(document, { preview: false });
}

async function printDebugInformation(server: Server): Promise<void> {
  const settings = vscode.workspace.getConfiguration("jitcheck");
  const lines = [
    `jitcheck extension ${server.version}, VS Code ${vscode.version}, ${process.platform} ${process.arch}`,
    `server: ${server.description}`,
    `trusted workspace: ${vscode.workspace.isTrusted}`,
    `folders: ${(vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath).join(", ") || "none"}`,
    `settings: ${JSON.stringify(settings, undefined, 2)}`,
  ];
  const document = await vscode.workspace.openTextDocument({ language: "plaintext", content: lines.join("\n") + "\n" });
  await vscode.window.showTextDocument(document);
}

/** Texts that commands produced, by the path of their URI. */
class Dumps implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? "";
  }

  async show(name: string, text: string, language: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: "jitcheck", path: name });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.languages.setTextDocumentLanguage(document, language).then(undefined, () => undefined);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: true, preserveFocus: true });
  }
}

const dumps = new Dumps();
const results = new ResultsPanel();

/** The lens and a message say the result in short; the output channel has all of it, and long texts get an editor. */
export async function present(command: string, answer: Answer, output: vscode.LogOutputChannel): Promise<void> {
  results.add(command, answer);
  const open = vscode.workspace.getConfiguration("jitcheck").get<string>("results.openPanel", "benchmark");
  if (open === "always" || (open === "benchmark" && command === "jitcheck.bench")) {
    results.show(true);
  }
  const text = typeof answer.text === "string" ? answer.text : undefined;
  if (text !== undefined) {
    const assembly = command === "jitcheck.showAssembly";
    await dumps.show(`${answer.function ?? "kernel"}.${assembly ? "s" : "txt"}`, text, assembly ? "asm" : "plaintext");
    return;
  }
  output.info(`${command} ${JSON.stringify(answer)}`);
}
