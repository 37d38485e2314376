// The 16 x 16 map as soft hatching: a shape as well as a colour, and only where something is hidden.

const FROM = 0.35; // below this nothing is drawn
const FULL = 0.75; // from this on it is drawn at full strength
const STEP = 15; // pixels between hatching lines at a map 500 pixels wide

const small = new OffscreenCanvas(16, 16);
let large = new OffscreenCanvas(1, 1);

/** `strength` 0..1: quiet over the live picture, where what is under it must stay to be seen. */
export function drawMap(context, cells, strength, left, top, width, height) {
  if (!paintCells(cells, strength)) return;
  const wide = Math.max(1, Math.round(width));
  const high = Math.max(1, Math.round(height));
  if (large.width !== wide || large.height !== high) large = new OffscreenCanvas(wide, high);
  const ink = large.getContext("2d");
  ink.globalCompositeOperation = "source-over";
  ink.clearRect(0, 0, wide, high);
  ink.fillStyle = "rgb(64 224 255 / .14)";
  ink.fillRect(0, 0, wide, high);
  const step = (STEP * wide) / 500;
  ink.lineWidth = step / 6;
  // a dark line beside each light one: seen on white haze and on a dark shadow
  hatch(ink, wide, high, step, ink.lineWidth, "rgb(6 34 43 / .6)");
  hatch(ink, wide, high, step, 0, "#40e0ff");
  ink.globalCompositeOperation = "destination-in";
  ink.imageSmoothingEnabled = true;
  ink.imageSmoothingQuality = "high";
  ink.drawImage(small, 0, 0, wide, high);
  context.drawImage(large, left, top, width, height);
}

function hatch(ink, wide, high, step, shift, colour) {
  ink.strokeStyle = colour;
  ink.beginPath();
  for (let x = -high; x < wide; x += step) {
    ink.moveTo(x + shift, high);
    ink.lineTo(x + shift + high, 0);
  }
  ink.stroke();
}

function paintCells(cells, strength) {
  const context = small.getContext("2d");
  const image = context.createImageData(16, 16);
  let any = false;
  cells.forEach((row, y) =>
    row.forEach((cell, x) => {
      const alpha = cell === null ? 0 : Math.min(1, Math.max(0, (cell - FROM) / (FULL - FROM))) * strength;
      any ||= alpha > 0;
      image.data[(y * 16 + x) * 4 + 3] = Math.round(alpha * 255);
    }),
  );
  context.putImageData(image, 0, 0);
  return any;
}
