// One short message at the bottom of the screen, gone after a while.

let ending;

export function notice(text, seconds = 4) {
  const place = document.getElementById("notice");
  // a modal dialog hides everything outside it
  (document.querySelector("dialog[open]") ?? document.body).append(place);
  place.textContent = text;
  place.dataset.shown = "";
  clearTimeout(ending);
  ending = setTimeout(() => delete place.dataset.shown, seconds * 1000);
}
