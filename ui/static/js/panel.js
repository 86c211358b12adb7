// The side panel: a list's link fills it where there is room, and is a page of its own where there is not.
const narrow = matchMedia("(width < 1180px)");
const panel = document.getElementById("panel");

const links = () => [...document.querySelectorAll('#content [hx-target="#panel"]')];
const current = () => document.querySelector('#content [aria-current="true"]');

function mark(link) {
  current()?.removeAttribute("aria-current");
  (link?.closest("tr, li") ?? link)?.setAttribute("aria-current", "true");
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const link = event.target;
  if (event.detail.target !== panel || !link.matches("a[href]") || !narrow.matches) return;
  event.preventDefault();
  location.assign(link.href);
});

// The address says what is open, also to a list that was read anew while the panel was on its way.
document.addEventListener("htmx:afterSettle", () => {
  const open = new URL(location.href).searchParams.get("open");
  const link = open && links().find((one) => one.getAttribute("hx-push-url")?.includes(`open=${open}`));
  if (link && link.closest("tr, li") !== current()) mark(link);
});

/** Closing takes `open` out of the address, so that a reload stays closed. */
export function closePanel() {
  if (!panel?.firstElementChild) return false;
  const address = new URL(location.href);
  const opened = current()?.querySelector('[hx-target="#panel"]');
  address.searchParams.delete("open");
  history.pushState({ htmx: true }, "", address);
  panel.replaceChildren();
  mark(null);
  opened?.focus();
  return true;
}

/** Opens the record before (-1) or after (1) the open one. */
export function stepPanel(by) {
  const all = links();
  const at = all.findIndex((link) => link.closest("tr, li") === current());
  all[at + by]?.click();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-panel-close]")) {
    event.preventDefault();
    closePanel();
  }
  const step = event.target.closest("[data-panel-step]");
  if (step) stepPanel(Number(step.dataset.panelStep));
});
