// Commands to the gate; a refusal is shown as the sentence that came with it.

import { notice } from "./notice.js";
import { t } from "./texts.js";

/** Whether it was done. */
export async function send(command) {
  let answer;
  try {
    answer = await fetch("/commands", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(command),
      signal: AbortSignal.timeout(5000),
    });
  } catch {
    notice(t("link.not_sent"));
    return false;
  }
  if (answer.ok) return true;
  if (answer.status === 401) location.assign("/pair");
  const text = await answer.text();
  notice(answer.headers.get("content-type")?.startsWith("application/json") ? JSON.parse(text).refused : text);
  return false;
}
