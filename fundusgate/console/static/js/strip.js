// The session's strip: this patient's photographs with their verdicts, newest first.

import { openCapture } from "./capture_view.js";
import { capturesOfPatient, outcomeOf } from "./captures.js";
import { icon } from "./icons.js";
import { t } from "./texts.js";

const list = document.getElementById("strip-cards");
let before = "";

export function showStrip(force = false) {
  const captures = capturesOfPatient();
  const now = JSON.stringify(captures);
  if (now === before && !force) return;
  before = now;
  document.getElementById("strip-empty").hidden = captures.length > 0;
  const kept = new Map([...list.children].map((item) => [item.dataset.id, item]));
  list.replaceChildren(...captures.map((capture) => item(capture, kept.get(capture.id))));
  if (captures.length > 0 && !kept.has(captures[0].id)) list.scrollTo({ left: 0 });
}

function item(capture, old) {
  // the picture stays: only what is said of it may change
  const element = old ?? document.createElement("li");
  element.dataset.id = capture.id;
  const card = document.createElement("button");
  card.type = "button";
  card.className = "card";
  card.dataset.outcome = outcomeOf(capture);
  const picture = old?.querySelector("img") ?? document.createElement("img");
  if (old === undefined) {
    picture.alt = "";
    picture.src = `/captures/${encodeURIComponent(capture.id)}/photograph?side=160`;
  }
  const about = document.createElement("span");
  about.className = "about";
  about.append(span(capture.laterality ?? "–"), span(String(Math.round(capture.score))));
  card.append(picture, icon(`phase_${outcomeOf(capture)}`, "badge"), about);
  card.setAttribute("aria-label", describe(capture));
  card.addEventListener("click", () => openCapture(capture.id));
  element.replaceChildren(card);
  return element;
}

function span(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}

function describe(capture) {
  const eye = capture.laterality ? t(`eye.${capture.laterality}`) : t("capture.no_target");
  const outcome = t(`outcome.${outcomeOf(capture)}`);
  return `${t("capture.title", { number: capture.number })}, ${eye}, ${outcome}, ${t("capture.score")} ${Math.round(capture.score)}`;
}
