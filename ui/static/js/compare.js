// The keys n and p go from one change of two compared versions to the next. Without this, each has links to both.

const changes = () => [...document.querySelectorAll(".change")];

function go(step) {
  const all = changes();
  const at = all.findIndex((one) => one === document.activeElement?.closest(".change"));
  const from = at >= 0 ? at : step > 0 ? -1 : all.length;
  const next = all[from + step];
  if (!next) return;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable], dialog")) return;
  const step = { n: 1, p: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  go(step);
});
