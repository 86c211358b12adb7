// The keyboard: letters act outside fields, never while an input method composes, and can be switched off.
import { openDialog } from "./dialogs.js";
import { closePanel } from "./panel.js";

const OFF = "single-keys-off";
const FIELD = 'input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable="true"]';
const ITEM = "#content .row-link, #content .deal h3 a";
const WALKED = "#content tr .row-link, #content tr .c-pick input";
const mac = /Mac|iPhone|iPad/.test(navigator.platform);
let goUntil = 0;

for (const label of document.querySelectorAll("[data-mod-key]")) {
  label.textContent = mac ? `⌘${label.dataset.modKey}` : `Ctrl ${label.dataset.modKey}`;
}

for (const box of document.querySelectorAll("[data-single-keys]")) {
  box.checked = !localStorage.getItem(OFF);
  box.addEventListener("change", () => (box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  const mod = mac ? event.metaKey : event.ctrlKey;
  if (mod && event.key.toLowerCase() === "k") return act(event, () => openDialog("palette"));
  if (mod && event.key === "Enter") return send(event);
  if (event.altKey && !mod && /^Arrow(Up|Down)$/.test(event.key)) return moveRow(event);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return escape(event);
  if (event.target.closest(FIELD) || document.querySelector(":popover-open") || localStorage.getItem(OFF)) return;
  letter(event);
});

// In a table whose rows have an order: the row that has the focus goes one up or down, as its buttons do.
function moveRow(event) {
  const way = event.key === "ArrowUp" ? "up" : "down";
  const button = event.target.closest("[data-row]")?.querySelector(`[data-row-do="${way}"]`);
  if (button) act(event, () => button.click());
}

function act(event, does) {
  event.preventDefault();
  does();
}

function send(event) {
  // A confirmation sends what it asks about, whatever else its form could send; elsewhere the button asks first.
  const around = event.target.form && (event.target.closest("dialog") ?? event.target.form);
  const button = (around?.querySelector("button.btn-primary") ?? around?.querySelector('button[type="submit"]'));
  if (button) act(event, () => button.click());
}

function escape(event) {
  if (document.querySelector(":popover-open")) return;
  if (event.target.closest(FIELD)) event.target.blur();
  else closePanel();
}

function letter(event) {
  const key = event.key.toLowerCase();
  if (goUntil > performance.now()) {
    goUntil = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (link) act(event, () => link.click());
    return;
  }
  if (key === "g") goUntil = performance.now() + 1500;
  else if (key === "?") act(event, () => openDialog("shortcuts"));
  else if (key === "j" || key === "k") act(event, () => move(key === "j" ? 1 : -1));
  else if (/^arrow(up|down)$/.test(key)) walk(event);
  else if (key === " ") select(event);
  else if (key === "x" && event.target.closest("tr")?.querySelector(".c-pick input")) select(event);
  else if (key === "m") press(event, event.target.closest(".deal")?.querySelector(".deal-move") ?? button(key));
  else if (/^[a-z0-9]$/.test(key)) press(event, rowOf(event) ?? button(key));
}

// What a key does with the row that has the focus, where no record is open beside it.
function rowOf(event) {
  if (document.querySelector("#panel [data-key]")) return null;
  return event.target.closest("tr")?.querySelector(`[data-row-key="${event.key.toUpperCase()}"]`);
}

function move(by) {
  const items = [...document.querySelectorAll(ITEM)].filter((item) => item.checkVisibility());
  const here = document.activeElement.closest("tr, .deal") ?? document.querySelector('#content [aria-current="true"]');
  const at = items.findIndex((item) => item.closest("tr, .deal") === here);
  const next = items[at < 0 ? (by > 0 ? 0 : items.length - 1) : at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// The arrows walk from a row; elsewhere they scroll.
function walk(event) {
  if (event.target.closest(WALKED)) act(event, () => move(event.key === "ArrowDown" ? 1 : -1));
}

function select(event) {
  const box = event.target.closest("tr")?.querySelector(".c-pick input");
  if (!box || (event.target === box && event.key === " ")) return; // the browser ticks it itself
  const click = new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: event.shiftKey });
  act(event, () => box.dispatchEvent(click));
}

// A button written with a key, such as A to approve; what is in the panel goes before what is in the page and its bar.
function button(key) {
  const selector = `[data-key="${key.toUpperCase()}"]:not([disabled])`;
  return document.querySelector(`#panel ${selector}`) ?? document.querySelector(`.page ${selector}`);
}

function press(event, target) {
  if (!target) return;
  act(event, () => {
    target.focus();
    target.click();
  });
}
