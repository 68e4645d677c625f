// usage: node window.mjs MODULES PORT WORKSPACE SHOTS    Looks at VS Code's window and clicks in it.
import { mkdirSync } from "node:fs";
import { browser } from "./browser.mjs";

const [modules, port, workspace, shots] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });
const { page, close } = await browser(modules);
const elsewhere = new Set();
page.on("requestfailed", (request) => {
  const { hostname } = new URL(request.url());
  if (hostname !== "127.0.0.1") elsewhere.add(hostname);
});
let passed = 0, failed = 0;
const check = async (name, step) => {
  try {
    await step();
    passed++;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}: ${String(error).split("\n")[0]}`);
  }
  await page.screenshot({ path: `${shots}/${passed + failed}-${name.replace(/\W+/g, "-")}.png` });
};
// For the README and the walkthrough: the editor without the rest of the window.
const picture = async (name, height) => {
  const { x, y, width } = await page.locator(".editor-group-container").first().boundingBox();
  await page.screenshot({ path: `${shots}/readme-${name}.png`, clip: { x, y, width, height } });
};
const away = () => page.mouse.move(5, 795);
try {
  await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}`);
  await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "kernels.py" }).waitFor({ timeout: 90000 });
  await page.keyboard.press("Control+P");
  await page.locator(".quick-input-widget input").fill("kernels.py");
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "kernels.py" }).first().waitFor();
  await page.keyboard.press("Enter");
  const editor = page.locator(".editor-instance .monaco-editor").first();
  await editor.locator(".view-line", { hasText: "def total" }).waitFor({ timeout: 30000 });
  // On a line without words, so that nothing is marked as the same word.
  await editor.locator(".view-line").nth(2).click();
  const squiggle = editor.locator(".cdr.squiggly-error").first();
  const lens = (text) => editor.locator(".codelens-decoration a", { hasText: text }).first();
  await check("squiggle", () => squiggle.waitFor({ timeout: 30000 }));
  await check("inlay hint", () => editor.getByText(/float64/).nth(1).waitFor({ timeout: 15000 }));
  await check("code lens", () => lens("▶ Run").waitFor({ timeout: 15000 }));
  await check("hover a type", async () => {
    await editor.locator(".view-line", { hasText: "return acc" }).getByText("acc").first().hover();
    await page.locator(".monaco-hover:visible", { hasText: "float64" }).waitFor({ timeout: 10000 });
  });
  await away();
  await check("hover a finding", async () => {
    const box = await squiggle.boundingBox();
    await page.mouse.move(box.x + 12, box.y + box.height / 2, { steps: 5 });
    await page.locator(".monaco-hover:visible", { hasText: "list-as-shape" }).waitFor({ timeout: 10000 });
    await picture("finding", 520);
  });
  await away();
  await check("click a lens", async () => {
    await lens("▶ Run").click();
    await lens("▶ Run → 6.0").waitFor({ timeout: 30000 });
    // Toasts hide themselves; what they said stays behind the bell.
    await page.locator("[id='status.notifications']").click();
    await page.locator(".notifications-center", { hasText: "total → 6.0" }).waitFor({ timeout: 10000 });
    await page.keyboard.press("Escape");
    await page.locator(".notifications-center").waitFor({ state: "hidden" });
    await away();
    await picture("run", 400);
  });
  await check("quick fix", async () => {
    await editor.locator(".view-line", { hasText: "π = " }).click();
    // The finding under the cursor, wherever the click put it.
    await page.keyboard.press("F8");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+.");
    const item = page.locator(".action-widget .monaco-list-row", { hasText: "tuple" }).first();
    await item.waitFor({ timeout: 10000 });
    await item.click();
    await editor.locator(".view-line", { hasText: "(n, 2)" }).waitFor({ timeout: 10000 });
    await squiggle.waitFor({ state: "detached", timeout: 10000 });
  });
  await check("problems panel", async () => {
    await page.keyboard.press("Control+Z");
    await squiggle.waitFor({ timeout: 10000 });
    await page.keyboard.press("Control+Shift+M");
    await page.locator(".markers-panel .monaco-list-row", { hasText: "list-as-shape" }).waitFor({ timeout: 10000 });
  });
  await check("output channel", async () => {
    await page.keyboard.press("F1");
    await page.locator(".quick-input-widget input").fill(">jitcheck: Show Output");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "Show Output" }).first().waitFor();
    await page.keyboard.press("Enter");
    await page.locator(".panel .view-line", { hasText: "jitcheck.run" }).first().waitFor({ timeout: 10000 });
  });
  await check("panel of results", async () => {
    await page.keyboard.press("Control+J");
    await page.keyboard.press("Control+B");
    await page.keyboard.press("Control+P");
    await page.locator(".quick-input-widget input").fill("wave.py");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "wave.py" }).first().waitFor();
    await page.keyboard.press("Enter");
    await editor.locator(".view-line").nth(2).click();
    await lens("⏱ Benchmark").click();
    const frame = page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
    await frame.locator("figure").first().waitFor({ timeout: 60000 });
    await lens("▶ Run").click();
    await frame.locator("figcaption", { hasText: "result" }).first().waitFor({ timeout: 30000 });
    await lens("▶ Run →").waitFor({ timeout: 10000 });
    await page.locator("[id='status.notifications']").click();
    await page.locator(".notifications-center").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".notifications-center").waitFor({ state: "hidden" });
    await page.locator(".notification-toast").first().waitFor({ state: "hidden" });
    await away();
    const { x, y, height } = await page.locator(".editor-group-container").first().boundingBox();
    await page.screenshot({ path: `${shots}/readme-results.png`, clip: { x, y, width: 1280 - x, height } });
  });
  await check("status item", () => page.locator(".statusbar-item", { hasText: "jitcheck" }).first().waitFor({ timeout: 5000 }));
  await check("nothing is asked of other machines", () => {
    if (elsewhere.size) throw new Error([...elsewhere].join(", "));
  });
} finally {
  await close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
