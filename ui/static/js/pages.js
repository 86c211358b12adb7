// Pages of a document: their words as text to select, and rectangles that select what stands elsewhere on the page.
//
// A click on [data-mark="x"] selects everything of x and scrolls [data-finding="x"] into view; a click on
// [data-show-mark="x"] selects it and scrolls to its rectangle. Selecting sends "mark-selected" with the id in detail.
const near = new IntersectionObserver(arrive, { rootMargin: "400px 0px" });
const ROOM = 16; // pixels a word is set in before it is scaled to its box

function watch(root) {
  for (const page of root.querySelectorAll(".doc-page[data-words]:not([data-watched])")) {
    page.dataset.watched = "";
    near.observe(page);
    page.querySelector("img").addEventListener("error", () => failed(page));
  }
}

function failed(page) {
  page.querySelector(".doc-failed").hidden = false;
}

async function arrive(entries) {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    near.unobserve(entry.target);
    const answer = await fetch(entry.target.dataset.words).catch(() => null);
    if (!answer?.ok) failed(entry.target);
    else lay(entry.target.querySelector("[data-words-here]"), await answer.json());
  }
}

/** The words, unseen, each over its place on the picture: they grow with the page, being sized in its width. */
function lay(layer, { width, height, words }) {
  const spans = words.map(([text, left, top, right, bottom]) => {
    const span = document.createElement("span");
    span.textContent = text;
    span.style.left = `${100 * left}%`;
    span.style.top = `${100 * top}%`;
    span.style.fontSize = `${ROOM}px`;
    span.dataset.wide = (right - left) * 100;
    span.dataset.high = ((bottom - top) * 100 * height) / width;
    return span;
  });
  layer.replaceChildren(...spans);
  const measured = spans.map((span) => span.offsetWidth);
  spans.forEach((span, at) => {
    const { wide, high } = span.dataset;
    const natural = (measured[at] / ROOM) * high; // in hundredths of the page's width, as `wide` is
    span.style.fontSize = `${high}cqw`;
    if (natural > 0) span.style.transform = `scaleX(${wide / natural})`;
    span.append(" "); // for who copies
  });
}

function select(id, scrollTo) {
  const quoted = CSS.escape(id);
  for (const other of document.querySelectorAll("[data-mark].is-selected, [data-finding].is-selected")) {
    other.classList.remove("is-selected");
    if (other.hasAttribute("aria-pressed")) other.setAttribute("aria-pressed", "false");
  }
  const marks = document.querySelectorAll(`[data-mark="${quoted}"]`);
  const findings = document.querySelectorAll(`[data-finding="${quoted}"]`);
  for (const one of [...marks, ...findings]) one.classList.add("is-selected");
  for (const mark of marks) if (mark.hasAttribute("aria-pressed")) mark.setAttribute("aria-pressed", "true");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const target = scrollTo === "mark" ? marks[0] : findings[0];
  target?.scrollIntoView({ block: scrollTo === "mark" ? "center" : "nearest", behavior: calm ? "auto" : "smooth" });
  document.dispatchEvent(new CustomEvent("mark-selected", { detail: { id } }));
}

document.addEventListener("click", (event) => {
  const mark = event.target.closest("[data-mark]");
  const shows = event.target.closest("[data-show-mark]");
  if (mark) select(mark.dataset.mark, "finding");
  else if (shows) {
    event.preventDefault();
    select(shows.dataset.showMark, "mark");
  }
});

// From one rectangle to the next with the arrow keys.
document.addEventListener("keydown", (event) => {
  const mark = event.target.closest?.("button[data-mark]");
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!mark || !by || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const marks = [...document.querySelectorAll("button[data-mark]")];
  const next = marks[marks.indexOf(mark) + by];
  next?.focus();
  next?.click();
});

watch(document);
document.addEventListener("htmx:afterSettle", () => watch(document));
