// The pairing page in the browser's language.

import { language, speak, t } from "./texts.js";

const form = document.querySelector("form");
const mistake = document.getElementById("mistake");

const spoken = speak(language());
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await spoken;
  mistake.textContent = "";
  try {
    const answer = await fetch("/pair", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code: form.code.value }),
    });
    if (answer.ok) location.replace("/");
    else mistake.textContent = t(answer.status === 429 ? "pair.wait" : "pair.wrong");
  } catch {
    mistake.textContent = t("link.not_sent");
  }
  form.code.select();
});
// Only now: a code that is sent without this script would stand in the address, and nothing would pair.
form.code.disabled = false;
form.code.focus();
await spoken;
