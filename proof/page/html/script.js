"use strict";
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector) => document.querySelector(selector);
for (const e of all("search, .hint")) e.hidden = false;

// A grant highlights its route while the pointer is on it or it has the focus, and once chosen until another one is.
const buttons = all("[data-grant]");
let chosen = null;
function light(button) {
  for (const svg of all(".canvas svg")) {
    svg.classList.toggle("lit", !!button);
    for (const e of all("[data-grants]", svg)) e.classList.toggle("on", !!button && e.dataset.grants.split(" ").includes(button.dataset.grant));
  }
}
function choose(button) {
  chosen = chosen === button ? null : button;
  for (const b of buttons) b.setAttribute("aria-pressed", String(b === chosen));
  light(chosen);
}
for (const b of buttons) {
  b.addEventListener("pointerenter", (e) => e.pointerType !== "touch" && light(b));
  b.addEventListener("pointerleave", () => light(chosen));
  b.addEventListener("focus", () => b.matches(":focus-visible") && light(b));
  b.addEventListener("blur", () => light(chosen));
  b.addEventListener("click", () => choose(b));
  b.addEventListener("keydown", (e) => e.key === "Escape" && chosen && choose(chosen));
}
for (const e of all(".canvas .e")) {
  e.addEventListener("click", () => {
    const button = buttons.find((b) => b.dataset.grant === e.dataset.grants);
    const folded = button.closest("details");
    if (folded) folded.open = true;
    choose(button);
  });
}

// The target of a link is expanded.
function reveal() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.matches("[hidden], [hidden] *")) search("");
  for (let e = target; e; e = e.parentElement) if (e.localName === "details") e.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);

for (const box of all(".paste")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy the statement");
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const pre = box.firstElementChild;
    getSelection().selectAllChildren(pre);
    let copied = false;
    try {
      await navigator.clipboard.writeText(pre.textContent);
      copied = true;
    } catch {
      copied = document.execCommand("copy"); // where a page may not use the clipboard otherwise
    }
    button.textContent = copied ? "Copied" : "Selected";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  box.append(button);
}

// Every word of the query has to be somewhere in what is shown.
const query = one("#query");
const hits = one("#hits");
const initial = new Map(all(".group").map((g) => [g, g.open]));
const texts = new Map();
const holds = (e, words) => {
  if (!texts.has(e)) texts.set(e, e.textContent.toLowerCase());
  return words.every((w) => texts.get(e).includes(w));
};
function search(text) {
  if (query.value !== text) query.value = text;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const counts = { check: 0, finding: 0 };
  for (const kind of ["check", "finding"]) {
    for (const e of all("." + kind)) {
      e.hidden = words.length > 0 && !holds(e, words);
      if (!e.hidden) counts[kind]++;
    }
  }
  for (const g of all(".group")) {
    g.hidden = !one(`#${CSS.escape(g.id)} > .check:not([hidden])`);
    g.open = words.length > 0 ? !g.hidden : initial.get(g);
  }
  for (const g of all(".grant")) g.hidden = !one(`#${CSS.escape(g.id)} > .group:not([hidden])`);
  for (const e of all(".scroll")) e.hidden = words.length > 0;
  const say = (n, name) => `${n} ${n === 1 ? name : name + "s"}`;
  hits.textContent = words.length > 0 ? `${say(counts.check, "check")}, ${say(counts.finding, "finding")}` : "";
}
if (query) {
  let waiting = 0;
  query.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => search(query.value), 80);
  });
  if (query.value) search(query.value); // a page that is loaded again keeps it
}
reveal();
