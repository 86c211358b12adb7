// The palette: pages and actions are found here, records by the server; Chinese by characters or pinyin initials.
import { say } from "./words.js";

const dialog = document.getElementById("palette");
const WAIT = 120;

class Palette {
  constructor() {
    this.input = dialog.querySelector("input");
    this.list = dialog.querySelector(".palette-list");
    this.pages = [...dialog.querySelectorAll(".palette-pages .palette-hit")];
    this.records = dialog.querySelector(".palette-records");
    this.empty = dialog.querySelector(".palette-empty");
    this.asking = new AbortController();
    this.timer = 0;
    dialog.addEventListener("opened", () => this.start());
    // While an input method composes, what stands in the field is not yet what is meant.
    this.input.addEventListener("input", (event) => event.isComposing || this.look());
    this.input.addEventListener("compositionend", () => this.look());
    this.input.addEventListener("keydown", (event) => this.key(event));
  }

  start() {
    this.input.value = "";
    this.addActions();
    this.records.replaceChildren();
    this.look();
    this.input.focus();
  }

  /** What the page itself can do: the buttons of its bar and of the open panel. */
  addActions() {
    const group = dialog.querySelector(".palette-pages");
    for (const old of group.querySelectorAll("[data-action]")) old.remove();
    const buttons = document.querySelectorAll(".bar-end .btn:not(.btn-icon), #panel [data-key]");
    const actions = [...buttons].map((button, at) => {
      const hit = document.createElement("button");
      hit.type = "button";
      hit.className = "palette-hit";
      hit.setAttribute("role", "option");
      hit.tabIndex = -1;
      hit.dataset.action = at;
      hit.dataset.words = button.querySelector("span").textContent.toLowerCase();
      hit.append(button.querySelector(".icon")?.cloneNode(true) ?? "", button.querySelector("span").cloneNode(true));
      hit.addEventListener("click", () => {
        dialog.close();
        button.click();
      });
      return hit;
    });
    group.prepend(...actions);
    this.pages = [...group.querySelectorAll(".palette-hit")];
  }

  look() {
    const query = this.input.value.trim().toLowerCase();
    for (const page of this.pages) page.hidden = !page.dataset.words.includes(query);
    clearTimeout(this.timer);
    if (query) this.timer = setTimeout(() => this.ask(query), WAIT);
    else this.records.replaceChildren();
    this.pick(0);
  }

  async ask(query) {
    this.asking.abort();
    this.asking = new AbortController();
    try {
      const answer = await fetch(`/ui/palette?q=${encodeURIComponent(query)}`, {
        signal: this.asking.signal,
        headers: { "HX-Request": "true" },
      });
      if (answer.ok) this.records.innerHTML = await answer.text();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.records.textContent = say("unreachable");
    }
    this.pick(0);
  }

  get hits() {
    return [...this.list.querySelectorAll(".palette-hit:not([hidden])")];
  }

  pick(at) {
    const hits = this.hits;
    for (const hit of this.list.querySelectorAll(".palette-hit")) {
      hit.removeAttribute("id");
      hit.removeAttribute("aria-selected");
    }
    this.at = hits.length ? (at + hits.length) % hits.length : 0;
    hits.forEach((hit, index) => {
      hit.id = `hit-${index}`;
      hit.setAttribute("aria-selected", String(index === this.at));
    });
    this.empty.hidden = hits.length > 0;
    this.list.hidden = hits.length === 0;
    this.input.setAttribute("aria-activedescendant", hits.length ? `hit-${this.at}` : "");
    hits[this.at]?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") this.pick(this.at + 1);
    else if (event.key === "ArrowUp") this.pick(this.at - 1);
    else if (event.key === "Enter") this.hits[this.at]?.click();
    else return;
    event.preventDefault();
  }
}

if (dialog) new Palette();
