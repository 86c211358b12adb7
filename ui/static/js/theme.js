// Light or dark at once; the server remembers the choice for the next page.
import { csrfToken, newKey } from "./words.js";

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return root.dataset.theme === "dark" || (root.dataset.theme === "auto" && system.matches);
}

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-theme-toggle]");
  if (!toggle) return;
  event.preventDefault();
  root.dataset.theme = isDark() ? "light" : "dark";
  const body = new URLSearchParams({ theme: root.dataset.theme, _csrf: csrfToken(), idempotency_key: newKey() });
  const headers = { "HX-Request": "true", "X-CSRF-Token": csrfToken() };
  // Not kept when this fails: the page then simply looks as before next time.
  fetch(toggle.form.action, { method: "POST", body, headers }).catch(() => {});
});
