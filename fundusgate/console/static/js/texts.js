// The texts of the chosen language.

import { chosen, remember } from "./memory.js";

export const LANGUAGES = { en: "English", es: "Español", hi: "हिन्दी", pt: "Português", fr: "Français", ar: "العربية" };

let texts = {};

export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

export function language() {
  const wanted = [chosen("language"), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return wanted.find((code) => code in LANGUAGES) ?? "en";
}

/** Fetch a language and put it on the page; throws where it cannot be fetched. */
export async function speak(code) {
  const answer = await fetch(`/texts/${code}.json`);
  if (!answer.ok) throw new Error(`no texts for ${code}`);
  texts = await answer.json();
  remember("language", code);
  document.documentElement.lang = code;
  document.documentElement.dir = t("language.direction");
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
    if (element.tagName === "BUTTON") element.title = t(element.dataset.label);
  }
}
