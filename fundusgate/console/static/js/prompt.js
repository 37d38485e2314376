// The one large prompt, and the tone of the whole screen.

import { setIcon } from "./icons.js";
import { isLive, known } from "./store.js";
import { wording } from "./wording.js";

const place = document.getElementById("prompt");
const inner = document.getElementById("prompt-words");
const parts = { over: "prompt-over", act: "prompt-do", say: "prompt-say", more: "prompt-more" };

const FITS = [1, 0.9, 0.8, 0.7, 0.6];

/** The largest size at which all of it is seen. */
function fit() {
  for (const size of FITS) {
    place.style.setProperty("--fit", size);
    if (place.scrollHeight <= place.clientHeight && inner.scrollWidth <= inner.clientWidth) return;
  }
}

export function showPrompt() {
  const words = wording(known.state, known.captures[0], known.health);
  document.body.dataset.tone = words.tone;
  // a closed gate has no picture either: what is still on the screen is an old one
  document.body.dataset.fresh = isLive() && known.state.phase !== "closed" ? "yes" : "no";
  place.toggleAttribute("data-loud", words.loud === true);
  setIcon(document.getElementById("prompt-icon"), words.icon);
  setIcon(document.querySelector("#not-live > svg"), words.icon);
  let other = false;
  for (const [name, id] of Object.entries(parts)) {
    const element = document.getElementById(id);
    const text = words[name] ?? "";
    // a reader for the blind speaks what changes: leave alone what stays
    if (element.textContent === text) continue;
    element.textContent = text;
    other = true;
  }
  if (other) fit();
}

new ResizeObserver(fit).observe(place);
