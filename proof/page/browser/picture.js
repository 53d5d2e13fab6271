// Takes the picture for the README: `make picture`.
import { join } from "node:path";
import { dir, launch, open, why } from "./browser.js";

if (why) throw new Error(why);
const browser = await launch();
const { page } = await open(browser, join(dir, "pages", "broken.html"), { height: 860 });
await page.click('[data-grant="0"]');
await page.hover("h1");
const height = await page.$eval(".legend", (l) => Math.ceil(l.getBoundingClientRect().bottom) + 16);
await page.screenshot({ path: process.argv[2], clip: { x: 0, y: 0, width: 1280, height } });
await browser.close();
