// The menu of a card is filled as it opens, from what the card knows: a board has hundreds of them, and one is looked at.
import { newKey } from "./words.js";

document.addEventListener(
  "beforetoggle",
  (event) => {
    const menu = event.target.closest?.("[data-card-menu]");
    if (menu && event.newState === "open") fill(menu);
  },
  true,
);

function fill(menu) {
  const card = menu.closest(".deal");
  const pattern = document.getElementById("card-menu").content;
  const [moving, urgency] = [...pattern.children].map((form) => form.cloneNode(true));
  moveForm(moving, card);
  menu.replaceChildren(moving);
  if (card.dataset.prioritise) {
    priorityForm(urgency, card);
    menu.append(urgency);
  }
  htmx.process(menu);
}

/** The stages it may go to: one that asks opens its dialog, any other is entered at once. */
function moveForm(form, card) {
  const { move, ask, moves } = card.dataset;
  form.action = move;
  form.elements.idempotency_key.value = newKey();
  form.elements.from_stage.value = card.parentElement.dataset.stage;
  const [button, link] = form.querySelectorAll(".menu-item");
  const columns = [...document.querySelectorAll(".cards[data-stage]")].map((cards) => cards.dataset.stage);
  const place = ([stage]) => (columns.includes(stage) ? columns.indexOf(stage) : columns.length);
  const told = Object.entries(JSON.parse(moves)).sort((one, other) => place(one) - place(other));
  const items = told.flatMap(([stage, said]) => {
    if (said.refused) return [];
    const item = (said.asks ? link : button).cloneNode(true);
    item.querySelector("span").textContent = said.name;
    if (said.asks) {
      item.href = ask + stage;
      item.setAttribute("hx-get", ask + stage);
    } else item.value = stage;
    return [item];
  });
  button.remove();
  link.remove();
  items[0]?.setAttribute("autofocus", "");
  form.append(...items);
}

function priorityForm(form, card) {
  form.action = card.dataset.prioritise;
  form.setAttribute("hx-post", card.dataset.prioritise);
  form.elements.idempotency_key.value = newKey();
  for (const item of form.querySelectorAll(".menu-item")) {
    if (item.value === card.dataset.priority) item.setAttribute("aria-pressed", "true");
  }
}

// Once something was chosen the menu is closed: the board does not read itself anew under an open one.
document.addEventListener("submit", (event) => {
  event.target.closest("[data-card-menu]")?.hidePopover();
});
