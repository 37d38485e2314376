// The pairing page in the browser's language.

import { language, speak, t } from "./texts.js";

await speak(language());
const why = location.search.slice(1);
if (why === "wrong" || why === "wait") document.getElementById("mistake").textContent = t(`pair.${why}`);
