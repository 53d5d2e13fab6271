// Takes the picture for the README: `make picture`.
import { join } from "node:path";
import { dir, launch, open, why } from "./browser.js";

if (why) throw new Error(why);
const browser = await launch();
const { page } = await open(browser, join(dir, "pages", "broken.html"), { height: 860 });
await page.click('[data-grant="0"]');
await page.hover("h1");
// The routes: the table above them would make it too high for the README.
const [y, end] = await page.evaluate(() => ["#picture", ".legend"].map((s) => document.querySelector(s).getBoundingClientRect()).map((r, i) => Math.ceil(scrollY + (i ? r.bottom : r.top)) + (i ? 16 : -16)));
await page.screenshot({ path: process.argv[2], clip: { x: 0, y, width: 1280, height: end - y } });
await browser.close();
