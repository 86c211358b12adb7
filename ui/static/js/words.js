// The page's texts for scripts, and the two ways to say something aloud.
const words = JSON.parse(document.getElementById("page-words").textContent);

/** A text in the reader's language; %(name)s and %(name)d take the parameter of that name. */
export function say(name, parameters = {}) {
  return words[name].replace(/%\((\w+)\)[sd]/g, (_, key) => parameters[key]);
}

/** For screen readers, politely. */
export function announce(text) {
  document.getElementById("announce").textContent = text;
}

/** A key that makes sending the same form twice the same as once; works without https too. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

export function csrfToken() {
  return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF-Token"];
}
