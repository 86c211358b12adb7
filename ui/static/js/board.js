// The board: cards are dragged with Sortable, or moved by their menu; the server decides, and a refused card goes back.
import { releaseHeld } from "./live.js";
import { announce, newKey, say } from "./words.js";

const columns = () => document.querySelectorAll(".cards[data-stage]");
const column = (stage) => document.querySelector(`.cards[data-stage="${CSS.escape(stage)}"]`);

/** The card stands in its new column at once, as "sending"; the answer is the card as it then is. */
function move(card, to, from, before) {
  const names = { title: card.dataset.title, stage: to.dataset.stageName };
  announce(say("moving", names));
  card.classList.add("is-sending");
  const answered = (event) => {
    if (event.detail.elt !== card) return;
    card.removeEventListener("htmx:afterRequest", answered);
    if (event.detail.successful) {
      announce(say("moved", names));
      // 202: accepted, not yet done; the live event brings the result.
      if (event.detail.xhr.status !== 202) card.classList.remove("is-sending");
      return;
    }
    card.classList.remove("is-sending");
    from.insertBefore(card, before?.parentElement === from ? before : null);
    announce(say("not_moved", { title: card.dataset.title, stage: from.dataset.stageName }));
  };
  card.addEventListener("htmx:afterRequest", answered);
  htmx.ajax("POST", card.dataset.move, {
    source: card,
    target: card,
    swap: "morph:outerHTML",
    values: { stage: to.dataset.stage, version: card.dataset.version, idempotency_key: newKey() },
  });
}

function allows(card, to) {
  return !card.dataset.targets || card.dataset.targets.split(" ").includes(to.dataset.stage);
}

function point(to) {
  for (const cards of columns()) cards.classList.toggle("is-over", cards === to);
}

function makeSortable(cards) {
  let before = null;
  return new Sortable(cards, {
    group: "deals",
    sort: false,
    draggable: ".deal[data-move]",
    filter: "button, form",
    preventOnFilter: false,
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
    delay: 180,
    delayOnTouchOnly: true,
    // The browser's own drag image can be neither turned nor given a shadow.
    forceFallback: true,
    fallbackOnBody: true,
    fallbackTolerance: 5,
    ghostClass: "is-ghost",
    fallbackClass: "is-dragged",
    onStart({ item }) {
      before = item.nextElementSibling;
      document.body.classList.add("is-dragging");
    },
    onMove({ dragged, from, to }) {
      const allowed = to === from || allows(dragged, to);
      const over = allowed && to !== from ? to : null;
      point(over);
      dragged.dataset.hint = over?.dataset.hint ?? "";
      return allowed;
    },
    onEnd({ item, from, to }) {
      document.body.classList.remove("is-dragging");
      point(null);
      if (from !== to) move(item, to, from, before);
      releaseHeld();
    },
  });
}

function prepare() {
  for (const cards of columns()) if (!Sortable.get(cards)) makeSortable(cards);
}

prepare();
document.addEventListener("htmx:afterSettle", prepare);

// The Move menu does the same without a mouse.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target.closest("[data-move-form]");
    const to = form && column(event.submitter.value);
    if (!to) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const card = form.closest(".deal");
    form.closest("[popover]").hidePopover();
    const from = card.parentElement;
    const before = card.nextElementSibling;
    to.prepend(card);
    card.querySelector("h3 a").focus();
    move(card, to, from, before);
  },
  true,
);

// The phone's chips show which column is in view.
const chips = [...document.querySelectorAll(".stage-chips .chip")];
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const chip = chips.find((one) => one.hash === `#${target.id}`);
      if (!isIntersecting || !chip) continue;
      for (const other of chips) other.removeAttribute("aria-current");
      chip.setAttribute("aria-current", "true");
      chip.parentElement.scrollTo({ left: chip.offsetLeft - 60 });
    }
  },
  { threshold: 0.6 },
);
if (chips.length) for (const section of document.querySelectorAll(".column")) watcher.observe(section);
