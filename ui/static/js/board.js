// The board: cards are dragged with Sortable, or moved by their menu; the server decides, and a refused card goes back.
import "./card_menu.js";
import { releaseHeld } from "./live.js";
import { showToast } from "./toast.js";
import { announce, newKey, say } from "./words.js";

const columns = () => document.querySelectorAll(".cards[data-stage]");
const column = (stage) => document.querySelector(`.cards[data-stage="${CSS.escape(stage)}"]`);

/** What is said of moving the card there: {hint, refused, asks}; undefined where it does not move at all. */
const told = (card, to) => JSON.parse(card.dataset.moves)[to.dataset.stage];

/** Milliseconds after which a move that was accepted, but could not be read yet, is looked for. */
const LOOKS_AGAIN = [1_000, 3_000, 8_000];

/** The card stands in its new column at once, as "sending"; the board then reads itself anew. */
function move(card, to, from, before) {
  const names = { title: card.dataset.title, stage: to.dataset.stageName };
  announce(say("moving", names));
  card.classList.add("is-sending");
  const answered = (event) => {
    if (event.detail.elt !== card) return;
    card.removeEventListener("htmx:afterRequest", answered);
    const { status } = event.detail.xhr;
    // Not `successful`: htmx calls a 409 so, since forms are shown again with it.
    if (status >= 200 && status < 300) {
      announce(say("moved", names));
      if (status !== 202) card.classList.remove("is-sending");
      // Accepted, not yet to be read: the live event brings it, or the next looks do where the stream was not there.
      else for (const wait of LOOKS_AGAIN) setTimeout(() => htmx.trigger(document.body, "live:acted"), wait);
      return;
    }
    card.classList.remove("is-sending");
    // Only from where it was dropped: when somebody else was faster, the board may have read where it stands by now.
    if (card.parentElement === to) from.insertBefore(card, before?.parentElement === from ? before : null);
    if (status === 409) htmx.trigger(document.body, "live:acted");
    announce(say("not_moved", { title: card.dataset.title, stage: from.dataset.stageName }));
  };
  card.addEventListener("htmx:afterRequest", answered);
  htmx.ajax("POST", card.dataset.move, {
    source: card,
    swap: "none",
    values: { stage: to.dataset.stage, from_stage: from.dataset.stage, idempotency_key: newKey() },
  });
}

/** A move that cannot be taken back, or that needs a reason, is asked for in a dialog; meanwhile the card stays. */
function ask(card, to) {
  htmx.ajax("GET", card.dataset.ask + to.dataset.stage, { source: card, target: "#dialogs", swap: "innerHTML" });
}

// ------------------------------------------------------------------ dragging

let over = null;

/** Says on the column under the pointer what a drop would do, or why it would be refused. */
function look(card, from, event) {
  const found = document.elementFromPoint(event.clientX, event.clientY)?.closest(".column")?.querySelector(".cards");
  over = found && found !== from ? found : null;
  const said = over && told(card, over);
  for (const cards of columns()) {
    cards.classList.toggle("is-over", cards === over && !said?.refused);
    cards.classList.toggle("is-refusing", cards === over && Boolean(said?.refused));
  }
  if (over) over.dataset.hint = said?.refused ?? "";
  card.dataset.hint = said && !said.refused ? said.hint : "";
}

function makeSortable(cards) {
  let before = null;
  let watch = null;
  return new Sortable(cards, {
    group: "deals",
    sort: false,
    draggable: ".deal[data-move]",
    filter: "button, form, .menu",
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
    onStart({ item, from }) {
      before = item.nextElementSibling;
      watch = (event) => look(item, from, event);
      document.addEventListener("pointermove", watch);
      document.body.classList.add("is-dragging");
    },
    onMove: ({ dragged, from, to }) => to === from || told(dragged, to)?.refused === "",
    onEnd({ item, from, to }) {
      document.removeEventListener("pointermove", watch);
      document.body.classList.remove("is-dragging");
      const dropped = over;
      over = null;
      for (const one of columns()) one.classList.remove("is-over", "is-refusing");
      const said = dropped && told(item, dropped);
      if (said?.refused || said?.asks) from.insertBefore(item, before);
      if (said?.refused) showToast({ text: said.refused, kind: "bad" });
      else if (said?.asks) ask(item, dropped);
      else if (from !== to) move(item, to, from, before);
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

// The phone's chips show which column is in view. A refreshed board has the same sections, so they stay watched.
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const chip = document.querySelector(`.stage-chips [href="#${CSS.escape(target.id)}"]`);
      if (!isIntersecting || !chip) continue;
      for (const other of chip.parentElement.children) other.removeAttribute("aria-current");
      chip.setAttribute("aria-current", "true");
      chip.parentElement.scrollTo({ left: chip.offsetLeft - 60 });
    }
  },
  { threshold: 0.6 },
);
for (const section of document.querySelectorAll(".column")) watcher.observe(section);
