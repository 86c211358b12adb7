// Deadlines count down from the server's clock: each second in the last hour, else twice a minute.
// The words and colours follow locales/formats.py and ui/sla.py.
import { say } from "./words.js";

const HOUR = 3_600_000;
const offset = Date.parse(document.querySelector('meta[name="server-time"]').content) - Date.now();

export function serverNow() {
  return Date.now() + offset;
}

export function span(milliseconds) {
  const total = Math.floor(Math.abs(milliseconds) / 1000);
  const seconds = total % 60;
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600) % 24;
  const days = Math.floor(total / 86400);
  if (days >= 10 || (days && !hours)) return say("days", { days });
  if (days) return say("days_hours", { days, hours });
  if (hours) return minutes ? say("hours_minutes", { hours, minutes }) : say("hours", { hours });
  return minutes ? say("minutes", { minutes }) : say("seconds", { seconds });
}

function state(used, left, { warn, bad }) {
  if (left <= 0) return "over";
  if (used >= Number(bad)) return "bad";
  return used >= Number(warn) ? "warn" : "calm";
}

function show(element, now) {
  const due = Date.parse(element.dataset.due);
  const whole = due - Date.parse(element.dataset.start);
  const left = due - now;
  const used = whole <= 0 ? 1 : Math.min(1, Math.max(0, 1 - left / whole));
  const words = left < 0 ? say("overdue", { time: span(left) }) : span(left);
  const shown = element.querySelector(".sla-words");
  if (shown.textContent !== words) shown.textContent = words;
  element.querySelector(".ring").style.setProperty("--used", used.toFixed(3));
  element.className = `sla is-${state(used, left, element.dataset)}`;
  return Math.abs(left) < HOUR;
}

let ticks = 0;
setInterval(() => {
  if (document.hidden) return;
  const now = serverNow();
  const all = ticks++ % 30 === 0;
  for (const element of document.querySelectorAll(".sla[data-due]")) {
    if (all || Math.abs(Date.parse(element.dataset.due) - now) < HOUR) show(element, now);
  }
}, 1000);
