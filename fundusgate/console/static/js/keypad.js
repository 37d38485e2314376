// Digits on the screen: a camera's touch screen has no keyboard.

import { icon } from "./icons.js";

const KEYS = ["1", "2", "3", "4", "5", "-", "6", "7", "8", "9", "0", "⌫"];

export function buildKeypad(place, input) {
  for (const key of KEYS) {
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = -1;
    if (key === "⌫") {
      button.append(icon("ui_backspace"));
      button.dataset.label = "action.delete";
    } else {
      button.textContent = key;
    }
    button.dataset.key = key;
    // the field keeps its focus
    button.addEventListener("pointerdown", (event) => event.preventDefault());
    button.addEventListener("click", () => {
      const end = key === "⌫" ? input.value.slice(0, -1) : input.value + key;
      if (end.length <= input.maxLength) input.value = end;
    });
    place.append(button);
  }
}
