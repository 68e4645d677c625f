// usage: node exthost.mjs MODULES PORT WORKSPACE EXTENSION TESTS    Runs tests inside VS Code's extension host.
import { browser } from "./browser.mjs";

const [modules, port, workspace, extension, tests] = process.argv.slice(2);
const { page, close } = await browser(modules);
let finish;
const finished = new Promise((resolve) => (finish = resolve));
await page.exposeFunction("codeAutomationLog", (type, args) => console.log(`[${type}]`, ...args));
await page.exposeFunction("codeAutomationExit", (code) => finish(code));
const remote = (file) => `vscode-remote://127.0.0.1:${port}${file}`;
const payload = JSON.stringify([["extensionDevelopmentPath", remote(extension)], ["extensionTestsPath", remote(tests)]]);
await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}&payload=${encodeURIComponent(payload)}`);
const code = await Promise.race([finished, new Promise((resolve) => setTimeout(() => resolve("timeout"), 180000))]);
await close();
console.log("exit", code);
process.exit(code === 0 ? 0 : 1);
