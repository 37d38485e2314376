// What the page knows, and who wants to hear of it.

export const known = {
  state: null, // the newest snapshot, without its captures
  captures: [], // newest first
  health: "connecting", // "live", or why the screen must not be trusted: see freshness.js
};

const listeners = [];

export function onChange(listener) {
  listeners.push(listener);
}

export function changed(what) {
  for (const listener of listeners) listener(what);
}

export function isLive() {
  return known.health === "live" && known.state !== null;
}
