// Entry point: starts the server, and starts it again when something about it changes.
import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { Server } from "./server";

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const current = new Server(context);
  server = current;
  context.subscriptions.push(
    ...registerCommands(current),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (["path", "importStrategy"].some((name) => change.affectsConfiguration(`jitcheck.${name}`))) {
        await current.restart();
      }
    }),
    // Until the folder is trusted, no program of its choosing is started and no kernel is run.
    vscode.workspace.onDidGrantWorkspaceTrust(() => current.restart()),
  );
  await current.start();
}

export async function deactivate(): Promise<void> {
  await server?.dispose();
}
