// Dialogs: data-open="<id>" opens, data-close and a click beside it close; the browser gives the focus back.
export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  for (const other of document.querySelectorAll("dialog[open]")) other.close();
  for (const menu of document.querySelectorAll(":popover-open")) menu.hidePopover();
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("opened"));
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) {
    event.preventDefault();
    openDialog(opener.dataset.open);
    return;
  }
  const dialog = event.target.closest("dialog");
  if (!dialog) return;
  const box = dialog.getBoundingClientRect();
  // A click on the backdrop has the dialog itself as target, and lies outside its box.
  const beside =
    event.target === dialog &&
    event.clientX !== 0 &&
    (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom);
  if (beside || event.target.closest("[data-close]")) dialog.close();
});

// A form that came back with mistakes inside a dialog is shown again.
function openWaiting(root) {
  for (const dialog of root.querySelectorAll("dialog[data-open-now]")) {
    if (!dialog.open) openDialog(dialog.id);
  }
}

openWaiting(document);
document.addEventListener("htmx:afterSettle", (event) => openWaiting(event.target));

// What is replaced or emptied closes first, so that the focus goes back to what opened it.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.shouldSwap) return;
  for (const dialog of event.detail.target.querySelectorAll("dialog[open]")) dialog.close();
});
