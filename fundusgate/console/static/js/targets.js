// Eye and field: the four targets, what is chosen and what is done already.

import { capturesOfPatient, isDone } from "./captures.js";
import { send } from "./commands.js";
import { icon } from "./icons.js";
import { known } from "./store.js";
import { t } from "./texts.js";

const place = document.getElementById("targets");
// as the operator faces the patient: the right eye on the left, the discs towards the nose; keys 1 to 4 from left to right
export const TARGETS = [
  ["OD", "macula"],
  ["OD", "disc"],
  ["OS", "disc"],
  ["OS", "macula"],
];

const buttons = [];

export function buildTargets() {
  // the same order in every language: it is the patient's face, not a text
  place.dir = "ltr";
  for (const laterality of ["OD", "OS"]) {
    const eye = document.createElement("fieldset");
    eye.className = "eye";
    const name = document.createElement("legend");
    name.dataset.eye = laterality;
    eye.append(name);
    for (const [side, field] of TARGETS) if (side === laterality) eye.append(button(side, field));
    place.append(eye);
  }
}

function button(laterality, field) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "target";
  element.id = `target-${laterality}-${field}`;
  element.append(icon(`target_${laterality}_${field}`), document.createElement("span"), icon("ui_done", "tick"));
  element.addEventListener("click", () => choose(laterality, field));
  buttons.push({ element, laterality, field });
  return element;
}

export function choose(laterality, field) {
  place.classList.remove("ask");
  send({ command: "choose", laterality, field });
}

export function hasTarget() {
  return known.state !== null && known.state.laterality !== null && known.state.field !== null;
}

export function askForTarget() {
  place.classList.add("ask");
}

export function showTargets() {
  const state = known.state;
  const captures = capturesOfPatient();
  place.classList.toggle("ask", state !== null && !hasTarget());
  for (const legend of place.querySelectorAll("legend")) setText(legend, t(`eye.${legend.dataset.eye}`));
  for (const { element, laterality, field } of buttons) {
    const done = captures.some((c) => c.laterality === laterality && c.field === field && isDone(c));
    const chosen = state !== null && state.laterality === laterality && state.field === field;
    element.setAttribute("aria-pressed", String(chosen));
    element.lastElementChild.toggleAttribute("hidden", !done);
    setText(element.children[1], t(`field.${field}`));
    const label = `${t(`eye.${laterality}`)}, ${t(`field.${field}`)}`;
    element.setAttribute("aria-label", done ? `${label}, ${t("target.done")}` : label);
  }
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
