// One capture, large: the photograph, its map, and what was said of it.

import { outcomeOf } from "./captures.js";
import { drawMap } from "./hidden_map.js";
import { icon, setIcon } from "./icons.js";
import { fit, placeIn } from "./picture.js";
import { canKeep } from "./shutter.js";
import { known } from "./store.js";
import { t } from "./texts.js";

const dialog = document.getElementById("capture-dialog");
const view = document.getElementById("capture-view");
const map = document.getElementById("capture-map");
const mapSwitch = document.getElementById("capture-map-switch");

const CLEAR = 0.85;

let shown = null; // {id, bitmap, record}

export async function openCapture(id) {
  shown = { id, bitmap: null, record: null };
  const mine = shown;
  describe();
  draw();
  if (!dialog.open) dialog.showModal();
  const where = `/captures/${encodeURIComponent(id)}`;
  const [photograph, record] = await Promise.allSettled([fetch(`${where}/photograph?side=900`), fetch(where)]);
  if (photograph.value?.ok) mine.bitmap = await createImageBitmap(await photograph.value.blob());
  if (record.value?.ok) mine.record = await record.value.json();
  if (shown !== mine) return;
  describe();
  draw();
}

/** Say again what is known: something of the capture may have changed, or the language. */
export function describe() {
  const capture = shown && known.captures.find((each) => each.id === shown.id);
  if (!capture) return;
  const set = (id, text) => (document.getElementById(id).textContent = text);
  set("capture-title", t("capture.title", { number: capture.number }));
  const outcome = document.getElementById("capture-outcome");
  outcome.dataset.outcome = outcomeOf(capture);
  setIcon(outcome.firstElementChild, `phase_${outcomeOf(capture)}`);
  outcome.lastElementChild.textContent = t(`outcome.${outcomeOf(capture)}`);
  const target = capture.laterality ? `${t(`eye.${capture.laterality}`)} · ${t(`field.${capture.field}`)}` : t("capture.no_target");
  const time = new Date(capture.taken_at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  set("capture-about", `${target} · ${t("capture.attempt", { n: capture.attempt })} · ${time}`);
  set("capture-reason", capture.overridden ? t("capture.reason", { reason: capture.overridden }) : "");
  const assessment = shown.record?.assessment;
  const figures = [bar(t("capture.score"), capture.score / 100, String(Math.round(capture.score)))];
  if (assessment) {
    const hidden = assessment.degraded_fraction;
    figures.push(bar(t("capture.hidden"), hidden, `${Math.round(hidden * 100)} %`));
  }
  document.getElementById("capture-figures").replaceChildren(...figures.flat());
  showCauses(assessment?.causes ?? (capture.main ? [{ code: capture.main, severity: null }] : []));
  const newest = known.captures[0]?.id === capture.id;
  document.getElementById("capture-keep").hidden = !(newest && canKeep());
}

function showCauses(causes) {
  const list = document.getElementById("capture-causes");
  const items = causes.map(({ code, severity }) => {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = t(`cause.${code}.name`);
    item.append(icon(`cause_${code}`), name);
    if (severity !== null) item.append(track(severity));
    return item;
  });
  if (items.length === 0) {
    const none = document.createElement("p");
    none.textContent = t("capture.no_causes");
    items.push(none);
  }
  list.replaceChildren(...items);
}

function bar(name, share, text) {
  const [label, value] = [document.createElement("dt"), document.createElement("dd")];
  label.textContent = name;
  value.textContent = text;
  return [label, track(share), value];
}

function track(share) {
  const [ground, fill] = [document.createElement("span"), document.createElement("span")];
  ground.className = "bar-track";
  fill.className = "bar-fill";
  fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  ground.append(fill);
  return ground;
}

function draw() {
  fit(view);
  fit(map);
  const under = view.getContext("2d");
  const over = map.getContext("2d");
  under.clearRect(0, 0, view.width, view.height);
  over.clearRect(0, 0, map.width, map.height);
  if (!shown?.bitmap || view.width === 0) return;
  const { bitmap, record } = shown;
  const place = placeIn(view, bitmap.width, bitmap.height);
  under.imageSmoothingQuality = "high";
  under.drawImage(bitmap, place.left, place.top, bitmap.width * place.scale, bitmap.height * place.scale);
  if (!record || !mapSwitch.checked) return;
  const { scale, left, top } = placeIn(map, record.width, record.height);
  const [x0, y0, x1, y1] = record.assessment.box;
  drawMap(over, record.assessment.map, CLEAR, left + x0 * scale, top + y0 * scale, (x1 - x0) * scale, (y1 - y0) * scale);
}

mapSwitch.addEventListener("change", draw);
new ResizeObserver(draw).observe(view);
dialog.addEventListener("close", () => {
  shown?.bitmap?.close();
  shown = null;
});
