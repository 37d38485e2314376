// The shutter, its readiness ring, and the two ways around the gate's advice.

import { capturesOfPatient, isDone } from "./captures.js";
import { send } from "./commands.js";
import { setIcon } from "./icons.js";
import { notice } from "./notice.js";
import { isLive, known } from "./store.js";
import { askForTarget, hasTarget } from "./targets.js";
import { t } from "./texts.js";

const shutter = document.getElementById("shutter");
const LIVE = new Set(["no_eye", "aligning", "nearly", "ready"]);
const RESTING = new Set(["accepted", "accepted_with_note", "retake", "cannot_obtain"]);
const HELD_BACK = 400; // ms in which a second press is the same press

let pressedAt = -Infinity;

export function showShutter() {
  const live = isLive();
  const phase = live ? known.state.phase : "closed";
  const resting = RESTING.has(phase);
  const ready = live && phase === "ready" && hasTarget();
  const [icon, word] = look(phase, resting, live);
  const full = live && LIVE.has(phase) ? (phase === "ready" ? 100 : Math.min(96, known.state.promise * 100)) : 0;
  document.getElementById("ring-fill").style.strokeDasharray = `${full} 100`;
  document.getElementById("ring-fill").style.opacity = full < 1 ? 0 : 1;
  shutter.disabled = !(live && (LIVE.has(phase) || resting));
  shutter.toggleAttribute("data-ready", ready);
  setIcon(document.getElementById("shutter-icon"), icon);
  document.getElementById("shutter-icon").classList.toggle("flips", icon === "ui_next");
  shutter.setAttribute("aria-label", word);
  const shown = document.getElementById("shutter-word");
  if (shown.textContent !== word) shown.textContent = word;
  document.getElementById("keep").disabled = !canKeep();
  document.getElementById("give-up").disabled = !canGiveUp();
}

function look(phase, resting, live) {
  if (!live || phase === "closed") return ["ui_shutter", ""];
  if (resting) return phase === "retake" ? ["ui_again", t("shutter.again")] : ["ui_next", t("shutter.next")];
  if (!LIVE.has(phase)) return ["ui_wait", t("shutter.wait")];
  if (!hasTarget()) return ["ui_choose", t("target.choose")];
  return ["ui_shutter", t(phase === "ready" ? "shutter.press" : "shutter.press_anyway")];
}

/** Whether the newest photograph may be kept against the advice. */
export function canKeep() {
  const newest = capturesOfPatient()[0];
  if (!isLive() || newest === undefined) return false;
  return !isDone(newest) && newest.number === known.captures[0].number && (LIVE.has(known.state.phase) || RESTING.has(known.state.phase));
}

export function canGiveUp() {
  const newest = capturesOfPatient()[0];
  if (!isLive() || newest === undefined || !(LIVE.has(known.state.phase) || known.state.phase === "retake")) return false;
  return newest.outcome === "retake" && newest.laterality === known.state.laterality && newest.field === known.state.field;
}

export function press() {
  const now = performance.now();
  if (shutter.disabled || now - pressedAt < HELD_BACK) return;
  pressedAt = now;
  const phase = known.state.phase;
  if (RESTING.has(phase)) {
    send({ command: "continue" });
  } else if (!hasTarget()) {
    askForTarget();
    notice(t("target.choose"));
  } else {
    send({ command: "press" });
  }
}

shutter.addEventListener("click", press);
