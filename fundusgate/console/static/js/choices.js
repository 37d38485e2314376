// A few large buttons of which one is chosen.

/** Fill `place` with a button for each [value, text]; `onChoose(value)` is told. Returns functions to read and set it. */
export function choices(place, options, onChoose = () => {}) {
  let value = null;
  const buttons = options.map(([key, text]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "choice";
    button.setAttribute("role", "radio");
    button.dataset.value = key;
    button.textContent = text;
    button.addEventListener("click", () => {
      set(key);
      onChoose(key);
    });
    return button;
  });
  function set(key) {
    value = key;
    for (const button of buttons) button.setAttribute("aria-checked", String(button.dataset.value === key));
  }
  place.replaceChildren(...buttons);
  set(null);
  return { get: () => value, set };
}
