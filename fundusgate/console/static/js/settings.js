// The settings' dialog: language, automatic shutter, foot pedal, and how the loop is doing.

import { choices } from "./choices.js";
import { send } from "./commands.js";
import { forgetLearning, learnPedal, pedalKey } from "./keys.js";
import { notice } from "./notice.js";
import { changed, known } from "./store.js";
import { language, LANGUAGES, speak, t } from "./texts.js";

const byId = (id) => document.getElementById(id);
const dialog = byId("settings-dialog");

export function buildSettings() {
  const picker = choices(byId("languages"), Object.entries(LANGUAGES), async (code) => {
    try {
      await speak(code);
      changed("language");
    } catch {
      notice(t("link.not_sent"));
    }
    picker.set(language());
  });
  for (const button of byId("languages").children) button.lang = button.dataset.value;
  picker.set(language());
  byId("settings").addEventListener("click", () => dialog.showModal());
  byId("settings-automatic").addEventListener("change", (event) => send({ command: "automatic", on: event.target.checked }));
  byId("pedal-learn").addEventListener("click", () => {
    byId("pedal-key").textContent = t("settings.pedal_press");
    learnPedal(showPedal);
  });
  dialog.addEventListener("close", () => {
    forgetLearning();
    showPedal();
  });
  showPedal();
}

function showPedal() {
  const key = pedalKey();
  byId("pedal-key").textContent = key === " " ? "Space" : key;
}

export function showSettings() {
  const state = known.state;
  if (state === null) return;
  const rates = state.rates;
  const figures = {
    assessed: rates.assessed.toFixed(0),
    camera: rates.camera.toFixed(0),
    ms: rates.guidance_ms.p50 === undefined ? "–" : rates.guidance_ms.p50.toFixed(0),
    lost: rates.lost,
  };
  byId("rate").textContent = known.health === "live" ? t("live.rate", figures) : "";
  if (!dialog.open) return;
  byId("settings-automatic").checked = state.automatic;
  byId("settings-rates").textContent = t("settings.rates", figures);
}
