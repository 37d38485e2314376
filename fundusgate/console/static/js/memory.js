// What this browser remembers of its user's choices; nothing of a patient.

const PREFIX = "fundusgate.";

export function chosen(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // storage is switched off: the choice lasts as long as the page
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // as above
  }
}
