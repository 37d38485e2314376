// The one large prompt, and the tone of the whole screen.

import { setIcon } from "./icons.js";
import { isLive, known } from "./store.js";
import { wording } from "./wording.js";

const place = document.getElementById("prompt");
const parts = { over: "prompt-over", act: "prompt-do", say: "prompt-say", more: "prompt-more" };

export function showPrompt() {
  const words = wording(known.state, known.captures[0], known.health);
  document.body.dataset.tone = words.tone;
  // a closed gate has no picture either: what is still on the screen is an old one
  document.body.dataset.fresh = isLive() && known.state.phase !== "closed" ? "yes" : "no";
  place.toggleAttribute("data-loud", words.loud === true);
  setIcon(document.getElementById("prompt-icon"), words.icon);
  for (const [name, id] of Object.entries(parts)) {
    const element = document.getElementById(id);
    const text = words[name] ?? "";
    // a reader for the blind speaks what changes: leave alone what stays
    if (element.textContent !== text) element.textContent = text;
  }
}
