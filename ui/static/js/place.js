// Where somebody is, only when they ask for it: data-locate="<id of the field>" fills the field in; the browser asks first.
import { say } from "./words.js";

function offer(root) {
  if (!("geolocation" in navigator)) return;
  for (const line of root.querySelectorAll("[data-locate-for][hidden]")) line.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-locate]");
  if (!button) return;
  const field = document.getElementById(button.dataset.locate);
  const said = button.parentElement.querySelector('[role="status"]');
  said.textContent = say("locating");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      field.value = `${coords.latitude.toFixed(6)}, ${coords.longitude.toFixed(6)}`;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      said.textContent = say("located");
    },
    () => (said.textContent = say("not_located")),
    { enableHighAccuracy: true, timeout: 15000 },
  );
});

offer(document);
document.addEventListener("htmx:afterSettle", (event) => offer(event.target));
