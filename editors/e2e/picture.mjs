// usage: node picture.mjs MODULES HTML PNG    Takes a picture of a page, as large as what is on it.
import { browser } from "./browser.mjs";

const [modules, html, png] = process.argv.slice(2);
const { page, close } = await browser(modules);
await page.goto(`file://${html}`);
await page.addStyleTag({ content: "body { margin: 0; padding: 12px; width: max-content; } pre { margin: 0; }" });
await page.locator("body").screenshot({ path: png });
await close();
