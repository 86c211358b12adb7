// Forms: sent once, busy meanwhile, back at the first mistake.
import { newKey } from "./words.js";

const sending = new WeakSet();

function setBusy(form, button) {
  sending.add(form);
  button?.setAttribute("aria-busy", "true");
}

function setFree(form) {
  sending.delete(form);
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

// Before htmx sees the event, so that a double click sends nothing twice.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method === "dialog" || form.matches("[data-move-form]")) return; // board.js sends those
    if (sending.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (form.method === "post") setBusy(form, event.submitter);
    form.classList.remove("is-dirty");
  },
  true,
);

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest("form");
  if (!form) return;
  setFree(form);
  const status = event.detail.xhr.status;
  const key = form.elements.idempotency_key;
  // A definite answer ends the key's life; without one, or "not confirmed", the same form must go under the same key.
  if (key && status >= 200 && status < 500) key.value = newKey();
});

// Coming back by the Back button shows the page as it was left: with its buttons busy.
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) setFree(form);
});

document.addEventListener("input", (event) => event.target.form?.classList.add("is-dirty"));

function focusMistake(root) {
  const mistake = root.querySelector('[aria-invalid="true"]') ?? root.querySelector('[role="alert"][tabindex="-1"]');
  mistake?.focus();
}

focusMistake(document);
document.addEventListener("htmx:afterSettle", (event) => focusMistake(event.target));

// One field in several places: each data-mirrors="<id>" of a form's confirmations holds what the field of that id does.
document.addEventListener("input", (event) => {
  const id = event.target.dataset.mirrors ?? event.target.id;
  if (!id) return;
  for (const same of document.querySelectorAll(`#${CSS.escape(id)}, [data-mirrors="${CSS.escape(id)}"]`)) {
    if (same !== event.target) same.value = event.target.value;
  }
});

// A select that filters a list sends its form at once.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosend]")) event.target.form.requestSubmit();
});
