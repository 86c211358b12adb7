// A ticket's page: choosing what one writes goes straight to writing it; an answer at hand goes in where the cursor is.
const text = () => document.getElementById("say-text");

function begin() {
  const box = text();
  if (!box) return;
  box.focus({ preventScroll: true });
  box.closest("form").scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  // Both by the pointer and by the letters R and N, which click the label.
  if (event.target.closest(".say-modes label")) setTimeout(begin);
});

/** Puts words where the cursor is, and lets the form know that it was typed in. */
export function insert(words) {
  const box = text();
  if (!box) return;
  const gap = box.selectionStart > 0 && !/\s$/.test(box.value.slice(0, box.selectionStart)) ? "\n" : "";
  box.setRangeText(gap + words, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
  begin();
}

if (location.hash === "#say") begin();
