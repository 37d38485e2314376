// Who is photographed, and who holds the camera.

import { send } from "./commands.js";
import { buildKeypad } from "./keypad.js";
import { notice } from "./notice.js";
import { known } from "./store.js";
import { t } from "./texts.js";

const byId = (id) => document.getElementById(id);
const KINDS = {
  patient: { command: (text) => ({ command: "identify", patient: text }), leave: "patient-finish" },
  operator: { command: (text) => ({ command: "sign_in", operator: text }), leave: "operator-out" },
};

export function buildIdentity() {
  for (const [kind, { command, leave }] of Object.entries(KINDS)) {
    const dialog = byId(`${kind}-dialog`);
    const input = byId(`${kind}-input`);
    buildKeypad(byId(`${kind}-keypad`), input);
    byId(kind).addEventListener("click", () => ask(kind));
    dialog.addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (text && (await send(command(text)))) {
        dialog.close();
        notice(t(`${kind}.set`, { [kind]: text }), 2.5);
      }
    });
    byId(leave).addEventListener("click", async () => {
      if (await send(command(""))) {
        dialog.close();
        notice(t(`${kind}.gone`), 2.5);
      }
    });
  }
}

export function ask(kind) {
  byId(`${kind}-input`).value = "";
  byId(KINDS[kind].leave).disabled = !known.state?.[kind];
  byId(`${kind}-dialog`).showModal();
  byId(`${kind}-input`).focus();
}

/** A scanned barcode: the next patient. */
export async function scanned(text) {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  if (await send(KINDS.patient.command(text))) notice(t("patient.set", { patient: text }), 2.5);
}

export function showIdentity() {
  for (const kind of Object.keys(KINDS)) {
    const who = known.state?.[kind] ?? null;
    byId(kind).classList.toggle("empty", who === null);
    const text = who ?? t(`${kind}.none`);
    const name = byId(`${kind}-name`);
    if (name.textContent !== text) name.textContent = text;
    byId(kind).setAttribute("aria-label", who === null ? text : `${t(`${kind}.title`)}: ${who}`);
  }
}
