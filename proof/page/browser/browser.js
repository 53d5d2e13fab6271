// A browser that needs nothing of the machine but the C library: unpacked from npm packages into the folder that BROWSER_DIR names.
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export const dir = process.env.BROWSER_DIR;
if (!dir) throw new Error("found no BROWSER_DIR, expected the folder that make installs the browser in");
const packages = createRequire(join(dir, "package.json"));
export const axe = packages("axe-core").source;

// chrome returns the program and its environment, or why there is none here.
async function chrome() {
  if (process.env.CHROME) return { path: process.env.CHROME, env: process.env };
  if (process.platform !== "linux" || process.arch !== "x64") return { why: `no browser for ${process.platform} ${process.arch}: CHROME may name one` };
  const home = join(dir, "chromium");
  mkdirSync(home, { recursive: true });
  process.env.TMPDIR = home; // where the package unpacks itself
  const bin = join(dirname(packages.resolve("@sparticuz/chromium")), "..", "bin");
  const { inflate } = await import(packages.resolve("@sparticuz/chromium"));
  const [path] = await Promise.all(["chromium.br", "fonts.tar.br", "al2023.tar.br"].map((name) => inflate(join(bin, name))));
  // The same fonts everywhere, so that pictures are the same.
  const fonts = join(home, "fonts.conf");
  writeFileSync(fonts, `<?xml version="1.0"?><fontconfig><dir>${home}/fonts</dir><cachedir>${home}/cache</cachedir></fontconfig>`);
  return { path, env: { ...process.env, FONTCONFIG_FILE: fonts, LD_LIBRARY_PATH: join(home, "al2023", "lib") } };
}

const found = await chrome();
export const why = found.why;

export async function launch() {
  const { default: puppeteer } = await import(packages.resolve("puppeteer-core"));
  // The pages are this repository's own, and the sandbox of Chromium takes rights that a container often lacks.
  const args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--font-render-hinting=none", "--hide-scrollbars"];
  return puppeteer.launch({ executablePath: found.path, env: found.env, args, headless: "shell" });
}

// open opens a page, and gathers whatever it should not do: print to the console, throw, or ask for more than itself.
export async function open(browser, file, { width = 1280, height = 900, scheme = "light", script = true } = {}) {
  const page = await browser.newPage();
  const problems = [];
  page.on("console", (m) => problems.push(`console: ${m.text()}`));
  page.on("pageerror", (e) => problems.push(`error: ${e.message}`));
  page.on("request", (r) => r.url() !== page.url() && !r.isNavigationRequest() && problems.push(`request: ${r.url()}`));
  await page.setViewport({ width, height });
  await page.setJavaScriptEnabled(script);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: "reduce" }]);
  await page.goto(`file://${file}`);
  return { page, problems };
}
