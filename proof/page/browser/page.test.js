// What a person does with the page, in a browser: `make browser`. The pages are those that `go test -pages` writes.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { dir, launch, open, why } from "./browser.js";
import { unreadable } from "./readable.js";

const file = (name) => join(dir, "pages", `${name}.html`);
const shots = join(dir, "shots");
mkdirSync(shots, { recursive: true });

describe("the page", { skip: why }, () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser?.close(); });

  // with opens a sample, does something with it, and fails if the page did anything that it should not.
  async function using(name, options, act) {
    const { page, problems } = await open(browser, file(name), options);
    try {
      await act(page);
      assert.deepEqual(problems, []);
    } finally {
      await page.close();
    }
  }

  // Two at a time, since each page has a process of its own.
  describe("each page in each layout", { concurrency: 2 }, () => {
    const everyLayout = [[1280, "light"], [1280, "dark"], [360, "light"], [360, "dark"]];
    for (const name of ["proved", "broken", "shut", "undecided", "outside", "direct", "empty", "many"]) {
      for (const [width, scheme] of name === "many" ? [[1280, "light"], [360, "dark"]] : everyLayout) {
        it(`${name} is readable ${width} px wide and ${scheme}`, async () => {
          await using(name, { width, scheme }, async (page) => {
            const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
            await page.screenshot({ path: join(shots, `${name}-${width}-${scheme}.png`), fullPage: true });
            assert.equal(await wide(), width, "it scrolls sideways");
            await page.evaluate(() => document.querySelectorAll("details").forEach((d, i) => { d.open ||= i < 20; }));
            assert.equal(await wide(), width, "it scrolls sideways with details open");
            assert.deepEqual(await unreadable(page), []);
          });
        });
      }
    }
  });

  const lit = (page) => page.$$eval(".canvas svg.wide .e.on", (all) => all.map((e) => e.querySelector("title").textContent));
  const button = '[data-grant="4"]';
  const routeOf4 = [
    "team-04-reports/Function to STS endpoint (interface): passes",
    "STS endpoint (interface) to team-04-reports-prod-eu-west-1 (trusted role): passes",
    "team-04-reports/Function to S3 endpoint (gateway): passes",
    "S3 endpoint (gateway) to lake-1-222222222222-eu-west-1 (bucket): does not pass",
  ];

  it("a grant highlights its route while the pointer is on it, and keeps it highlighted once it is chosen", async () => {
    await using("many", {}, async (page) => {
      await page.hover(button);
      assert.deepEqual((await lit(page)).sort(), routeOf4.toSorted());
      await page.hover("h1");
      assert.deepEqual(await lit(page), []);
      await page.click(button);
      await page.hover("h1");
      assert.equal((await lit(page)).length, routeOf4.length);
      assert.equal(await page.$eval(button, (b) => b.getAttribute("aria-pressed")), "true");
      await page.screenshot({ path: join(shots, "chosen.png") });
      await page.click('[data-grant="0"]');
      assert.equal(await page.$eval(button, (b) => b.getAttribute("aria-pressed")), "false");
    });
  });

  it("a touch highlights a route", async () => {
    await using("many", { width: 360 }, async (page) => {
      await page.tap(button);
      assert.equal(await page.$$eval(".canvas svg.narrow .e.on", (all) => all.length), routeOf4.length);
      await page.screenshot({ path: join(shots, "chosen-360.png"), fullPage: true });
    });
  });

  it("the keyboard reaches everything, and the focus is visible", async () => {
    await using("shut", {}, async (page) => {
      const focused = () => page.evaluate(() => {
        const e = document.activeElement;
        return { grant: e.dataset.grant, what: e.id || e.className || e.textContent.trim().slice(0, 20) || e.localName, outline: parseFloat(getComputedStyle(e).outlineWidth) };
      });
      const seen = [];
      let chosen = false;
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press("Tab");
        const { grant, what, outline } = await focused();
        if (what === "BODY" || what === "body") break;
        assert.ok(outline >= 2, `${what} has no outline`);
        seen.push(what);
        if (grant === "0") {
          chosen = true;
          assert.equal((await lit(page)).length, 4, "the focus highlights");
          await page.keyboard.press("Enter");
          assert.equal(await page.$eval('[data-grant="0"]', (b) => b.getAttribute("aria-pressed")), "true");
          await page.keyboard.press("Escape");
          assert.equal(await page.$eval('[data-grant="0"]', (b) => b.getAttribute("aria-pressed")), "false");
        }
      }
      assert.equal(seen[0], "skip");
      assert.ok(chosen, "the grant is not reached");
      assert.ok(seen.includes("query"), `the search is not reached: ${seen}`);
      assert.ok(seen.length > 20, `only ${seen.length} are reached`);
    });
  });

  it("a finding leads to its check and back", async () => {
    await using("broken", {}, async (page) => {
      const id = await page.$eval(".finding .plain a", (a) => a.hash.slice(1));
      assert.equal(await page.$eval(`#${id}`, (d) => d.open), false);
      await page.click(".finding .plain a");
      await page.waitForFunction((id) => document.getElementById(id).open && document.getElementById(id).parentElement.open, {}, id);
      assert.ok(await page.$eval(`#${id}`, (d) => d.getBoundingClientRect().top < innerHeight));
      await page.screenshot({ path: join(shots, "check.png") });
      await page.click(`#${id} a`);
      assert.match(await page.evaluate(() => location.hash), /^#f\d+$/);
    });
  });

  const visible = (page, selector) => page.$$eval(selector, (all) => all.filter((e) => !e.closest("[hidden]")).length);

  it("the search shows what contains every word, and counts it", async () => {
    await using("many", {}, async (page) => {
      const all = await visible(page, ".check");
      await page.type("#query", "TEAM-06-reports s3:deleteobject");
      await page.waitForFunction(() => document.querySelector("#hits").textContent !== "");
      const checks = await visible(page, ".check");
      const findings = await visible(page, ".finding");
      assert.ok(checks > 0 && checks < 40 && findings > 0 && findings < 5, `${checks} checks, ${findings} findings`);
      assert.equal(await page.$eval("#hits", (o) => o.textContent), `${checks} checks, ${findings} findings`);
      assert.equal(await page.$eval("#hits", (o) => o.getAttribute("aria-live")), "polite");
      assert.equal(await visible(page, ".grant"), 1);
      await page.screenshot({ path: join(shots, "search.png") });
      await page.$eval("#query", (q) => q.select());
      await page.keyboard.type("nothing has this");
      await page.waitForFunction(() => document.querySelector("#hits").textContent === "0 checks, 0 findings");
      await page.$eval("#query", (q) => q.select());
      await page.keyboard.press("Backspace");
      await page.waitForFunction(() => document.querySelector("#hits").textContent === "");
      assert.equal(await visible(page, ".check"), all);
    });
  });

  it("a statement is copied", async () => {
    await using("broken", {}, async (page) => {
      await page.evaluate(() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; });
      await page.click(".copy");
      await page.waitForFunction(() => document.querySelector(".copy").textContent === "Copied");
      assert.equal(JSON.parse(await page.evaluate(() => window.copied)).Effect, "Allow");
    });
  });

  it("everything is shown without scripts", async () => {
    await using("broken", { script: false }, async (page) => {
      const text = await page.$eval("body", (b) => b.innerText);
      assert.match(text, /of \d+ accesses that were tried are not as declared/);
      assert.doesNotMatch(text, /Search findings|Copy/);
      await page.click("#g1-0 > summary");
      await page.click("#g1-0 .check > summary");
      assert.match(await page.$eval("#g1-0 .check", (c) => c.innerText), /route to STS/);
    });
  });

  it("a hundred grants load and search quickly", async () => {
    await using("hundred", {}, async (page) => {
      const took = await page.evaluate(() => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd);
      assert.ok(took < 5000, `${took} ms to load`);
      const began = Date.now();
      await page.type("#query", "team-42");
      await page.waitForFunction(() => document.querySelector("#hits").textContent !== "");
      assert.ok(Date.now() - began < 3000, "the search takes too long");
      console.log(`  a hundred grants: ${Math.round(took)} ms to load, ${Date.now() - began} ms to search`);
    });
  });

  it("it prints", async () => {
    for (const name of ["broken", "many"]) {
      await using(name, {}, async (page) => {
        const pdf = await page.pdf({ format: "A4", printBackground: false, path: join(shots, `${name}.pdf`) });
        assert.ok(pdf.length > 10_000);
      });
    }
  });
});
