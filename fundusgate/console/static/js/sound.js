// Short sounds, so that the eyes can stay on the picture: up for ready, a chord for kept, two low ones for again.

const SOUNDS = {
  ready: [[660, 0, 0.09], [990, 0.09, 0.16]],
  accepted: [[523, 0, 0.3], [659, 0.04, 0.3], [784, 0.08, 0.34]],
  accepted_with_note: [[523, 0, 0.2], [659, 0.1, 0.3]],
  retake: [[294, 0, 0.14], [220, 0.2, 0.24]],
  cannot_obtain: [[220, 0, 0.4]],
  stopped: [[180, 0, 0.12], [180, 0.2, 0.12], [180, 0.4, 0.12]],
};
const LOUDNESS = 0.2;

let on = false;
let context = null;

export function setSound(value) {
  on = value;
  if (on) wake();
}

/** Browsers let a page sound only after its user has touched it. */
function wake() {
  if (!on) return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
}

export function play(name) {
  if (!on || context === null || context.state !== "running" || !(name in SOUNDS)) return;
  for (const [frequency, after, length] of SOUNDS[name]) {
    const begin = context.currentTime + after;
    const tone = new OscillatorNode(context, { frequency, type: "sine" });
    const loud = new GainNode(context, { gain: 0 });
    loud.gain.setValueAtTime(0, begin);
    loud.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.015);
    loud.gain.exponentialRampToValueAtTime(0.001, begin + length);
    tone.connect(loud).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + length);
  }
}

for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, wake, { capture: true, passive: true });
