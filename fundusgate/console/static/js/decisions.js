// The operator's decisions against the gate's advice: keep anyway, cannot obtain. Each needs a reason.

import { choices } from "./choices.js";
import { send } from "./commands.js";
import { canGiveUp, canKeep } from "./shutter.js";
import { t } from "./texts.js";

const byId = (id) => document.getElementById(id);
const REASONS = ["opacity", "small_pupil", "cooperation", "retakes_used_up", "other"];
// what is written into the record, in one language, so that records can be counted
const KEEP = {
  readable: "what matters can be read",
  best_possible: "best possible for this eye",
  lesion: "a lesion must be seen by the reader",
  stopped: "patient cannot go on",
};

let kept;
let givenUp;

export function askToKeep() {
  if (!canKeep()) return;
  kept = choices(byId("keep-choices"), Object.keys(KEEP).map((key) => [key, t(`keep.${key}`)]));
  byId("keep-note").value = "";
  byId("keep-mistake").textContent = "";
  open("keep-dialog");
}

export function askToGiveUp() {
  if (!canGiveUp()) return;
  givenUp = choices(byId("give-up-choices"), REASONS.map((key) => [key, t(`reason.${key}`)]));
  byId("give-up-note").value = "";
  byId("give-up-mistake").textContent = "";
  open("give-up-dialog");
}

function open(id) {
  for (const other of document.querySelectorAll("dialog[open]")) other.close();
  byId(id).showModal();
}

byId("keep-dialog").addEventListener("submit", async (event) => {
  event.preventDefault();
  const reason = [KEEP[kept.get()], byId("keep-note").value.trim()].filter(Boolean).join(": ");
  if (!reason) {
    byId("keep-mistake").textContent = t("keep.missing");
  } else if (await send({ command: "override", reason })) {
    byId("keep-dialog").close();
  }
});

byId("give-up-dialog").addEventListener("submit", async (event) => {
  event.preventDefault();
  const reason = givenUp.get();
  const note = byId("give-up-note").value.trim();
  if (reason === null || (reason === "other" && !note)) {
    byId("give-up-mistake").textContent = t(reason === null ? "give_up.missing" : "give_up.note_missing");
  } else if (await send({ command: "give_up", reason, note })) {
    byId("give-up-dialog").close();
  }
});

byId("keep").addEventListener("click", askToKeep);
byId("give-up").addEventListener("click", askToGiveUp);
byId("capture-keep").addEventListener("click", askToKeep);
