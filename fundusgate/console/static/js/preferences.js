// Choices of this browser: sounds and overlay.

import { setIcon } from "./icons.js";
import { chosen, remember } from "./memory.js";
import { setOverlay } from "./picture.js";
import { setSound } from "./sound.js";

const KINDS = {
  overlay: { first: true, apply: setOverlay, show: () => {} },
  sound: {
    first: false,
    apply: setSound,
    show: (button, on) => setIcon(button.firstElementChild, on ? "ui_sound_on" : "ui_sound_off"),
  },
};
const values = {};

/** Set a choice, or turn it over where no value is given. */
export function setPreference(name, on = !values[name]) {
  values[name] = on;
  remember(name, on ? "on" : "off");
  KINDS[name].apply(on);
  const button = document.getElementById(`${name}-switch`);
  button.setAttribute("aria-pressed", String(on));
  KINDS[name].show(button, on);
  document.getElementById(`settings-${name}`).checked = on;
}

export function buildPreferences() {
  for (const [name, { first }] of Object.entries(KINDS)) {
    const before = chosen(name);
    setPreference(name, before === null ? first : before === "on");
    document.getElementById(`${name}-switch`).addEventListener("click", () => setPreference(name));
    document.getElementById(`settings-${name}`).addEventListener("change", (event) => setPreference(name, event.target.checked));
  }
}
