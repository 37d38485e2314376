// The pairing page in the browser's language.

import { language, speak, t } from "./texts.js";

const form = document.querySelector("form");
const mistake = document.getElementById("mistake");

await speak(language());
form.addEventListener("submit", async (event) => {
  event.preventDefault();
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
