// What somebody could not read: the rules of axe-core, and the contrast in pictures, at which axe-core does not look.
import { axe } from "./browser.js";

export async function unreadable(page) {
  await page.evaluate(axe);
  const rules = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return violations.flatMap((v) => v.nodes.slice(0, 3).map((n) => `${v.id}: ${n.html.slice(0, 160)}: ${n.failureSummary}`));
  });
  const faint = await page.evaluate(() => {
    const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const ratio = (a, b) => {
      const [x, y] = [light(numbers(a)), light(numbers(b))];
      return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    };
    const found = [];
    const card = getComputedStyle(document.querySelector(".canvas") ?? document.body).backgroundColor;
    for (const text of document.querySelectorAll(".canvas svg text")) {
      const behind = getComputedStyle(text.parentElement.querySelector("rect")).fill;
      const back = behind === "none" ? card : behind;
      const { fill } = getComputedStyle(text);
      if (ratio(fill, back) < 4.5) found.push(`text ${text.textContent}: ${ratio(fill, back).toFixed(2)}`);
    }
    for (const line of document.querySelectorAll(".canvas .e.broken .l, .canvas .e.undecided .l")) {
      const { stroke } = getComputedStyle(line);
      if (ratio(stroke, card) < 3) found.push(`line ${line.getAttribute("d")}: ${ratio(stroke, card).toFixed(2)}`);
    }
    return [...new Set(found)];
  });
  return [...rules, ...faint];
}
