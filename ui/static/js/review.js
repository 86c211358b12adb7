// A contract's review: n and p go from clause to clause, on the page and in the list alike; a proposal is copied.
import { announce, say } from "./words.js";

const FIELD = "input, textarea, select, [contenteditable=true]";

function shows() {
  return [...document.querySelectorAll("[data-finding]")];
}

function step(by) {
  const all = shows();
  const at = all.findIndex((one) => one.classList.contains("is-selected"));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  if (!next) return;
  const mark = next.querySelector("[data-show-mark]");
  if (mark) mark.click();
  else {
    for (const other of all) other.classList.toggle("is-selected", other === next);
    chosen = next.dataset.finding;
  }
  next.scrollIntoView({ block: "nearest" });
  next.focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest(FIELD) || document.querySelector("dialog[open], :popover-open")) return;
  if (localStorage.getItem("single-keys-off")) return;
  const by = { n: 1, p: -1 }[event.key.toLowerCase()];
  if (!by) return;
  event.preventDefault();
  step(by);
});

function offerCopies() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.parentElement.querySelector("[data-copy-text]").textContent);
  announce(say("copied"));
  button.classList.add("is-done");
  button.querySelector("use").setAttribute("href", button.querySelector("use").getAttribute("href").replace(/#.*/, "#check"));
});

// On a phone a clause shows its part of the page; until the picture is there, the page is taken for A4.
document.addEventListener("load", (event) => {
  const crop = event.target.closest?.("[data-crop]");
  if (!crop) return;
  const [width, height] = crop.dataset.crop.split(" ").map(Number);
  crop.style.aspectRatio = (width * event.target.naturalWidth) / (height * event.target.naturalHeight);
}, true);

// What is selected stays so when the list was fetched anew.
let chosen = "";
document.addEventListener("mark-selected", (event) => (chosen = event.detail.id));
document.addEventListener("htmx:afterSettle", () => {
  offerCopies();
  if (chosen) document.querySelector(`[data-finding="${CSS.escape(chosen)}"]`)?.classList.add("is-selected");
});
offerCopies();
