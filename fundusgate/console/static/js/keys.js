// Keyboard and foot pedal.

import { askToGiveUp, askToKeep } from "./decisions.js";
import { ask, scanned } from "./identity.js";
import { chosen, remember } from "./memory.js";
import { setPreference } from "./preferences.js";
import { Scanner } from "./scanner.js";
import { press } from "./shutter.js";
import { known } from "./store.js";
import { choose, TARGETS } from "./targets.js";

const PEDAL = "PageDown";
const SHORT = {
  b: press, // what many pedals send
  r: () => known.state?.phase === "retake" && press(),
  o: askToKeep,
  n: askToGiveUp,
  p: () => ask("patient"),
  m: () => setPreference("overlay"),
  ...Object.fromEntries(TARGETS.map((target, place) => [String(place + 1), () => choose(...target)])),
};

let learning = null;

export function pedalKey() {
  return chosen("pedal") ?? PEDAL;
}

/** The next key pressed is the pedal's; `done()` is told. */
export function learnPedal(done) {
  learning = done;
}

export function forgetLearning() {
  learning = null;
}

const open = () => document.querySelector("dialog[open]") !== null;
const typing = () => document.activeElement?.matches("input:not([type=checkbox])") ?? false;
const scanner = new Scanner(scanned, (key) => open() || SHORT[key.toLowerCase()]?.());

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (learning !== null && !["Escape", "Shift"].includes(event.key)) {
    remember("pedal", event.key);
    const done = learning;
    learning = null;
    done();
    swallow(event);
    return;
  }
  if (typing()) return;
  if (event.repeat) {
    // a held key is one press
    if (event.key === " " || event.key === "Enter" || event.key === pedalKey()) swallow(event);
    return;
  }
  if (event.key === pedalKey() && !open()) {
    press();
    swallow(event);
  } else if (scanner.take(event.key, event.timeStamp)) {
    swallow(event);
  } else if ((event.key === " " || event.key === "Enter") && !open() && !onSomething()) {
    press();
    swallow(event);
  }
}

/** Whether the keyboard's user has walked to a button: then the key is the button's. */
function onSomething() {
  const focused = document.activeElement;
  return focused !== null && focused !== document.body && focused.id !== "shutter" && focused.matches(":focus-visible");
}

function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}

export function listenToKeys() {
  window.addEventListener("keydown", onKey, { capture: true });
  // a button that was touched must not take the next Space from the shutter
  window.addEventListener("click", (event) => {
    if (event.detail > 0 && !open()) document.activeElement?.blur();
  });
  // the key's release would click a focused shutter once more
  window.addEventListener("keyup", (event) => event.key === " " && !typing() && !open() && !onSomething() && swallow(event), { capture: true });
}
