// Lists: select all, and the bar of what can be done with the selected.
function boxes(table) {
  return [...table.querySelectorAll('tbody .c-pick input[type="checkbox"]')];
}

function showSelection(table) {
  const all = boxes(table);
  const picked = all.filter((box) => box.checked).length;
  const head = table.querySelector("[data-pick-all]");
  if (head) {
    head.checked = picked > 0 && picked === all.length;
    head.indeterminate = picked > 0 && picked < all.length;
  }
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  bar.hidden = picked === 0;
  for (const count of document.querySelectorAll("[data-picked]")) count.textContent = picked;
  if (!picked) bar.closest("form")?.classList.remove("is-dirty"); // nothing is lost when the list reads itself anew
}

document.addEventListener("change", (event) => {
  const table = event.target.closest("table");
  if (!table || !event.target.closest(".c-pick")) return;
  if (event.target.matches("[data-pick-all]")) {
    for (const box of boxes(table)) box.checked = event.target.checked;
  }
  showSelection(table);
});

// With shift, all rows from the one that was picked last to this one are as this one is.
let last = null;
document.addEventListener("click", (event) => {
  const box = event.target.closest('tbody .c-pick input[type="checkbox"]');
  if (!box) return;
  const all = boxes(box.closest("table"));
  const from = all.indexOf(last);
  const to = all.indexOf(box);
  if (event.shiftKey && from >= 0) {
    for (const between of all.slice(Math.min(from, to), Math.max(from, to) + 1)) between.checked = box.checked;
  }
  last = box;
});

document.addEventListener("htmx:afterSettle", () => {
  for (const table of document.querySelectorAll(".table:has(.c-pick)")) showSelection(table);
});

// The phone hides the filters behind a button.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-filters]");
  if (!button) return;
  const open = document.getElementById("filters").classList.toggle("is-open");
  button.setAttribute("aria-expanded", String(open));
});
