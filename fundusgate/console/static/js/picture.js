// The live picture and, over it, what cannot be seen.

import { drawMap } from "./hidden_map.js";

const view = document.getElementById("view");
const map = document.getElementById("hidden-map");

const QUIET = 0.55;
// where nearly all is hidden the hatching says nothing new, and would hide what is to be mended
const QUIETER = 0.28;
const NEARLY_ALL = 0.6;

let bitmap = null;
let shown = { map: null, box: null, size: null };
let overlay = true;

/** Decode and show one JPEG; a damaged one is left out. */
export async function showPicture(jpeg) {
  let next;
  try {
    next = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
  } catch {
    return;
  }
  bitmap?.close();
  bitmap = next;
  drawPicture();
}

export function showMap(cells, box, size) {
  shown = { map: cells, box, size };
  drawOverlay();
}

export function setOverlay(on) {
  overlay = on;
  drawOverlay();
}

/** Give a canvas as many pixels as it has on the screen; the drawing scale. */
export function fit(canvas) {
  const scale = Math.min(2, window.devicePixelRatio || 1);
  const width = Math.round(canvas.clientWidth * scale);
  const height = Math.round(canvas.clientHeight * scale);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  return scale;
}

/** Where a picture of `width` x `height` lies when it is shown whole in the middle of a canvas. */
export function placeIn(canvas, width, height) {
  const scale = Math.min(canvas.width / width, canvas.height / height);
  return { scale, left: (canvas.width - width * scale) / 2, top: (canvas.height - height * scale) / 2 };
}

function drawPicture() {
  fit(view);
  if (bitmap === null || view.width === 0) return;
  const { scale, left, top } = placeIn(view, bitmap.width, bitmap.height);
  const context = view.getContext("2d", { alpha: false });
  context.fillStyle = "#000";
  context.fillRect(0, 0, view.width, view.height);
  context.imageSmoothingQuality = "medium";
  context.drawImage(bitmap, left, top, bitmap.width * scale, bitmap.height * scale);
}

function hiddenShare(cells) {
  const inside = cells.flat().filter((cell) => cell !== null);
  return inside.filter((cell) => cell >= 0.5).length / Math.max(1, inside.length);
}

function drawOverlay() {
  fit(map);
  const context = map.getContext("2d");
  context.clearRect(0, 0, map.width, map.height);
  if (!overlay || shown.map === null || shown.box === null || shown.size === null || map.width === 0) return;
  const { scale, left, top } = placeIn(map, shown.size[0], shown.size[1]);
  const [x0, y0, x1, y1] = shown.box;
  drawMap(context, shown.map, hiddenShare(shown.map) > NEARLY_ALL ? QUIETER : QUIET, left + x0 * scale, top + y0 * scale, (x1 - x0) * scale, (y1 - y0) * scale);
}

new ResizeObserver(() => {
  drawPicture();
  drawOverlay();
}).observe(document.getElementById("picture"));
