// The captures of this run: whose they are and what became of them.

import { known } from "./store.js";

const PASSED = new Set(["accepted", "accepted_with_note"]);

/** The captures of the patient in front of the camera. */
export function capturesOfPatient() {
  const patient = known.state === null ? null : known.state.patient;
  return known.captures.filter((capture) => capture.patient === patient);
}

export function outcomeOf(capture) {
  return capture.overridden ? "overridden" : capture.outcome;
}

/** Whether the photograph may go to a reader. */
export function isDone(capture) {
  return PASSED.has(capture.outcome) || Boolean(capture.overridden);
}
