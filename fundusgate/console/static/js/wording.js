// What the prompt says and which tone the screen takes: pure, from what is known to words.

import { t } from "./texts.js";

const TONES = {
  closed: "stopped",
  no_eye: "look",
  aligning: "look",
  nearly: "mend",
  ready: "good",
  capturing: "look",
  checking: "look",
  accepted: "good",
  accepted_with_note: "usable",
  retake: "again",
  cannot_obtain: "never",
};
const LOUD = new Set(["ready", "accepted", "accepted_with_note", "retake"]);
const LIVE = new Set(["no_eye", "aligning", "nearly", "ready"]);

/** {tone, loud, icon, over, act, say, more} for a snapshot, its newest capture and the screen's health. */
export function wording(state, newest, health) {
  if (health !== "live" || state === null) {
    const key = health === "live" ? "connecting" : health;
    return { tone: "stopped", icon: "link_lost", act: t(`link.${key}`), say: t(`link.${key}.say`), more: state?.why ?? "" };
  }
  const phase = state.phase;
  const words = { tone: TONES[phase], loud: LOUD.has(phase), icon: `phase_${phase}`, over: "", more: "" };
  words.act = t(`phase.${phase}.do`);
  words.say = t(`phase.${phase}.say`);
  const fill = FILLERS[phase] ?? FILLERS.live;
  fill(words, state, newest);
  return words;
}

const FILLERS = {
  live(words, state) {
    if (mends(state)) cause(words, state.prompt);
    if (mends(state) && state.dark_side) words.say = t(`dark.${state.dark_side}`);
    if (!LIVE.has(state.phase)) return;
    if (state.why) words.more = state.why;
    else if (state.retakes >= state.max_retakes) words.more = t("retake.used_up", { max: state.max_retakes });
  },
  ready(words, state) {
    if (state.laterality === null || state.field === null) {
      Object.assign(words, { tone: "mend", loud: false, icon: "ui_choose", act: t("target.choose") });
    } else if (state.automatic) {
      Object.assign(words, { act: t("phase.ready_auto.do"), say: t("phase.ready_auto.say") });
    }
    FILLERS.live(words, state);
  },
  closed(words, state) {
    if (state.why) words.more = state.why;
  },
  accepted_with_note(words, state, newest) {
    if (newest?.overridden) {
      Object.assign(words, { icon: "phase_overridden", act: t("phase.overridden.do"), say: t("phase.overridden.say") });
      words.more = t("capture.reason", { reason: newest.overridden });
    } else if (state.prompt) {
      words.more = t(`cause.${state.prompt}.say`);
    }
  },
  retake(words, state) {
    words.over = words.act;
    if (state.prompt) cause(words, state.prompt);
    const helps = state.retake_helps ? t(`helps.${state.retake_helps}`) : "";
    const count =
      state.retakes >= state.max_retakes
        ? t("retake.used_up", { max: state.max_retakes })
        : t("retake.count", { n: state.retakes, max: state.max_retakes });
    words.more = `${helps} ${count}`.trim();
  },
  cannot_obtain(words, state) {
    if (state.reason) words.over = t(`reason.${state.reason}`);
  },
};

function mends(state) {
  if (!state.prompt) return false;
  // while the retina is not in the picture, the phase itself says it better than "no retina"
  return state.phase === "nearly" || (state.phase === "aligning" && state.prompt !== "NOT_FUNDUS");
}

function cause(words, code) {
  words.icon = `cause_${code}`;
  words.act = t(`cause.${code}.do`);
  words.say = t(`cause.${code}.say`);
}
