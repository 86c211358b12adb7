// Toasts: what an action did, with Undo for ten seconds where it can be taken back.
import { newKey, say } from "./words.js";

const place = document.getElementById("toasts");
const MOST = 3;

/** toast: {text, kind: "done" | "info" | "bad", undo: path or ""}. */
export function showToast({ text, kind = "done", undo = "" }) {
  const toast = document.createElement("div");
  toast.className = `toast is-${kind}`;
  toast.dataset.undo = undo;
  toast.append(part("span", "", text));
  if (undo) {
    const button = part("button", "toast-btn", say("undo"));
    button.dataset.undoNow = "";
    toast.append(button);
  }
  const close = part("button", "toast-close", "×");
  close.dataset.dismiss = "";
  close.ariaLabel = say("dismiss");
  toast.append(close);
  while (place.children.length >= MOST) place.firstElementChild.remove();
  place.append(toast);
  leaveLater(toast);
}

function part(name, className, text) {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  if (name === "button") element.type = "button";
  return element;
}

function leaveLater(toast) {
  const stays = toast.dataset.undo || toast.classList.contains("is-bad") ? 10_000 : 5_000;
  let timer = setTimeout(() => toast.remove(), stays);
  const hold = () => clearTimeout(timer);
  const release = () => {
    clearTimeout(timer);
    timer = setTimeout(() => toast.remove(), stays);
  };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", release);
  toast.addEventListener("focusout", release);
}

for (const toast of place.querySelectorAll("[data-toast]")) leaveLater(toast);

place.addEventListener("click", (event) => {
  const toast = event.target.closest(".toast");
  if (event.target.closest("[data-dismiss]")) toast.remove();
  if (event.target.closest("[data-undo-now]")) {
    htmx.ajax("POST", toast.dataset.undo, { source: document.body, swap: "none", values: { idempotency_key: newKey() } });
    toast.remove();
  }
});

// The answer's HX-Trigger header: {"toast": {...}}.
document.addEventListener("toast", (event) => showToast(event.detail));

document.addEventListener("htmx:sendError", () => showToast({ text: say("unreachable"), kind: "bad" }));
document.addEventListener("htmx:timeout", () => showToast({ text: say("unreachable"), kind: "bad" }));
document.addEventListener("htmx:responseError", (event) => {
  const said = event.detail.xhr.getResponseHeader("HX-Trigger") ?? "";
  if (!said.includes('"toast"')) showToast({ text: say("failed"), kind: "bad" });
});
