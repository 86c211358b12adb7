// Live updates, one stream per browser: the tab that holds the lock listens and tells the others.
//
// A signal {t: topic, id, v: version, l: line} becomes `refresh` on the elements that carry data-live="topic:id" or
// "line:id", and the event `live:topic` on body for lists. Bursts are gathered: one refresh at once, then at most one
// a second.
import { announce, say } from "./words.js";

const lights = document.querySelectorAll("[data-live-status]");
const channel = "BroadcastChannel" in window ? new BroadcastChannel("live") : null;
const GATHER = 1000;
const REPLAY = 5000;
const SPEAK_EVERY = 10_000;
let waiting = new Map();
let gathering = 0;
let recent = [];
let spokeAt = -SPEAK_EVERY;
const held = new Map();

// ------------------------------------------------------------------ the stream

let source = null;
let retry = 1000;
let status = "off";

function open() {
  source = new EventSource("/ui/live");
  source.onopen = () => {
    if (status === "reconnecting") tell({ resync: true });
    retry = 1000;
    tell({ status: "on" });
  };
  source.addEventListener("change", (event) => tell({ change: JSON.parse(event.data) }));
  source.addEventListener("resync", () => tell({ resync: true }));
  source.onerror = () => {
    tell({ status: "reconnecting" });
    // The browser reconnects by itself, except after an answer that is no stream: a restart, or the session's end.
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(open, retry * (0.5 + Math.random()));
    retry = Math.min(retry * 2, 30_000);
  };
}

function tell(message) {
  channel?.postMessage(message);
  if (message.change) recent = [...fresh(), { at: Date.now(), message }];
  hear(message);
}

const fresh = () => recent.filter(({ at }) => Date.now() - at < REPLAY);

function lead() {
  if (navigator.locks && channel) {
    navigator.locks.request("live-leader", () => new Promise(open));
    channel.postMessage({ ask: true });
    return;
  }
  // Without locks (plain http) each visible tab has its own stream, and catches up when it is shown again.
  const follow = () => {
    if (document.hidden) {
      source?.close();
      status = "reconnecting";
    } else open();
  };
  document.addEventListener("visibilitychange", follow);
  if (!document.hidden) open();
}

function hear(message) {
  if (message.ask && source) {
    channel.postMessage({ status });
    // A tab that was still loading has missed the last changes; for the others the versions say that they are known.
    for (const { message: missed } of fresh()) channel.postMessage(missed);
  }
  if (message.status) {
    status = message.status;
    for (const light of lights) {
      light.dataset.liveStatus = status;
      light.lastElementChild.textContent = say(status === "on" ? "live" : "reconnecting");
    }
  }
  if (message.change) {
    const { t: topic, id, v: version = Infinity, l: line } = message.change;
    gather(`${topic}:${id}`, version);
    if (line) gather(`line:${line}`, Infinity);
  }
  if (message.resync) gather("resync", Infinity);
}

// ------------------------------------------------------------------ from signals to the page

function gather(key, version) {
  waiting.set(key, Math.max(version, waiting.get(key) ?? 0));
  if (!gathering) gathering = setTimeout(pass, 30);
}

function pass() {
  const signals = waiting;
  waiting = new Map();
  for (const topic of new Set([...signals.keys()].map((key) => key.split(":")[0]))) {
    document.body.dispatchEvent(new CustomEvent(`live:${topic}`));
  }
  for (const element of document.querySelectorAll("[data-live]")) {
    const version = signals.has("resync") ? Infinity : signals.get(element.dataset.live);
    if (version > Number(element.dataset.version ?? 0)) htmx.trigger(element, "refresh");
  }
  gathering = setTimeout(() => {
    gathering = 0;
    if (waiting.size) pass();
  }, GATHER);
}

// ------------------------------------------------------------------ never under somebody's hands

function inUse(element) {
  const typing = document.activeElement?.matches('input:not([type="checkbox"]), textarea, select');
  return (
    element.querySelector(".is-ghost, form.is-dirty, dialog[open], :popover-open") !== null ||
    (typing && element.contains(document.activeElement))
  );
}

const isLive = (event) => event?.type === "refresh" || event?.type.startsWith("live:");

document.addEventListener("htmx:beforeRequest", (event) => {
  const cause = event.detail.requestConfig.triggeringEvent;
  if (!isLive(cause) || cause.detail?.anyway || !inUse(event.detail.elt)) return;
  event.preventDefault();
  hold(event.detail.elt, cause.type);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const cause = event.detail.requestConfig.triggeringEvent;
  if (!isLive(cause)) return;
  if (!cause.detail?.anyway && inUse(event.detail.target)) {
    event.detail.shouldSwap = false;
    hold(event.detail.elt, cause.type);
  } else if (performance.now() - spokeAt > SPEAK_EVERY) {
    spokeAt = performance.now();
    announce(say("updated"));
  }
});

function hold(element, cause) {
  held.set(element, cause);
  // A form being typed in is not taken away: it says that there is something newer.
  if (!element.querySelector("form.is-dirty") || element.querySelector(":scope > .changed-note")) return;
  const note = document.createElement("button");
  note.type = "button";
  note.className = "changed-note";
  note.textContent = say("changed");
  note.addEventListener("click", () => release(element, true));
  element.prepend(note);
}

function release(element, anyway = false) {
  const cause = held.get(element);
  held.delete(element);
  element.querySelector(":scope > .changed-note")?.remove();
  if (element.isConnected) htmx.trigger(element, cause, { anyway });
}

/** Catch up with what was held back, now that nothing is dragged or typed in. */
export function releaseHeld() {
  for (const element of [...held.keys()]) if (!inUse(element)) release(element);
}

for (const name of ["focusout", "close", "toggle", "htmx:afterRequest"]) {
  document.addEventListener(name, () => setTimeout(releaseHeld), true);
}

if (channel) channel.onmessage = (event) => hear(event.data);
if (lights.length) lead();
