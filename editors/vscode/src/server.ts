// The server: which program it is, and its life from start to stop.
import * as fs from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import { LanguageClient, LanguageClientOptions, ServerOptions } from "vscode-languageclient/node";
import { Answer, present } from "./commands";

const PROGRAM = process.platform === "win32" ? "jitcheck.exe" : "jitcheck";

export class Server {
  readonly output: vscode.LogOutputChannel;
  private readonly status: vscode.StatusBarItem;
  private client: LanguageClient | undefined;
  /** Starts and stops happen one after the other. */
  private queue: Promise<void> = Promise.resolve();
  /** What runs, in words. */
  description = "not started";

  get version(): string {
    return String(this.context.extension.packageJSON.version);
  }

  constructor(private readonly context: vscode.ExtensionContext) {
    this.output = vscode.window.createOutputChannel("jitcheck", { log: true });
    this.status = vscode.window.createStatusBarItem("jitcheck.status", vscode.StatusBarAlignment.Right, 0);
    this.status.name = "jitcheck";
    this.status.command = "jitcheck.showOutput";
    context.subscriptions.push(this.output, this.status);
  }

  start(): Promise<void> {
    return this.enqueue(() => this.launch());
  }

  restart(): Promise<void> {
    return this.enqueue(async () => {
      await this.stop();
      await this.launch();
    });
  }

  dispose(): Promise<void> {
    return this.enqueue(() => this.stop());
  }

  private enqueue(step: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(step, step);
    return this.queue;
  }

  private async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    // A server that does not answer must not keep the next one from starting.
    await client?.dispose(2000).catch((error: unknown) => this.output.warn(String(error)));
  }

  private async launch(): Promise<void> {
    const command = await findProgram(this.context, this.output);
    const serverOptions: ServerOptions = { command, args: ["server"] };
    const clientOptions: LanguageClientOptions = {
      documentSelector: [
        { scheme: "file", language: "python" },
        { scheme: "untitled", language: "python" },
        { scheme: "vscode-notebook-cell", language: "python" },
      ],
      outputChannel: this.output,
      initializationOptions: {
        settings: vscode.workspace.getConfiguration("jitcheck"),
        trusted: vscode.workspace.isTrusted,
      },
      middleware: {
        executeCommand: async (name, args, next) => {
          const answer = (await next(name, args)) as Answer | undefined;
          if (answer) {
            await present(name, answer, this.output);
          }
          return answer;
        },
      },
    };
    this.client = new LanguageClient("jitcheck", "jitcheck", serverOptions, clientOptions);
    this.show("$(sync~spin) jitcheck", `Starting ${command}`);
    try {
      // The client itself tells the user when this fails.
      await this.client.start();
      const version = this.client.initializeResult?.serverInfo?.version ?? "";
      this.description = `${command} ${version}`;
      this.output.info(`started ${command} ${version}`);
      this.show("jitcheck", `jitcheck ${version}\n${command}`);
    } catch (error) {
      this.output.error(String(error));
      this.description = `${command} could not be started: ${String(error)}`;
      this.show("$(error) jitcheck", `${command} could not be started`);
    }
  }

  private show(text: string, tooltip: string): void {
    this.status.text = text;
    this.status.tooltip = tooltip;
    this.status.show();
  }
}

/** The setting, the active Python environment, PATH, and the program in the extension, in this order. */
async function findProgram(context: vscode.ExtensionContext, output: vscode.LogOutputChannel): Promise<string> {
  const bundled = context.asAbsolutePath(path.join("bin", PROGRAM));
  const hasBundled = fs.existsSync(bundled);
  // A folder that is not trusted chooses no program.
  if (!vscode.workspace.isTrusted && hasBundled) {
    return bundled;
  }
  const settings = vscode.workspace.getConfiguration("jitcheck");
  const chosen = vscode.workspace.isTrusted ? settings.get<string>("path", "") : "";
  if (chosen) {
    return resolve(chosen);
  }
  if (settings.get("importStrategy") === "useBundled" && hasBundled) {
    return bundled;
  }
  const ofEnvironment = vscode.workspace.isTrusted ? await environmentProgram(output) : undefined;
  return ofEnvironment ?? onPath() ?? (hasBundled ? bundled : PROGRAM);
}

function resolve(chosen: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  const expanded = chosen.replace("${workspaceFolder}", folder).replace(/^~(?=[/\\])/, process.env.HOME ?? "~");
  return expanded.includes("/") || expanded.includes("\\") ? path.resolve(folder, expanded) : expanded;
}

/** Beside the interpreter that the Python extension uses, if there is such an extension. */
async function environmentProgram(output: vscode.LogOutputChannel): Promise<string | undefined> {
  const candidates: string[] = [];
  try {
    const python = vscode.extensions.getExtension("ms-python.python");
    const api = python?.isActive ? python.exports : await python?.activate();
    const interpreter: string | undefined = api?.environments?.getActiveEnvironmentPath?.()?.path;
    if (interpreter) {
      candidates.push(path.dirname(interpreter), path.join(interpreter, "bin"));
    }
  } catch (error) {
    output.warn(`the Python extension did not answer: ${String(error)}`);
  }
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const scripts = process.platform === "win32" ? "Scripts" : "bin";
  for (const home of [process.env.VIRTUAL_ENV, folder && path.join(folder, ".venv"), folder && path.join(folder, "venv")]) {
    if (home) {
      candidates.push(path.join(home, scripts));
    }
  }
  return candidates.map((directory) => path.join(directory, PROGRAM)).find(isFile);
}

function onPath(): string | undefined {
  const directories = (process.env.PATH ?? "").split(path.delimiter).filter((directory) => directory !== "");
  return directories.map((directory) => path.join(directory, PROGRAM)).find(isFile);
}

function isFile(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
