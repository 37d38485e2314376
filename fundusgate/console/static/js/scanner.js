// Tells a barcode scanner from fingers: a scanner types as fast as no hand does, and ends with Enter or Tab.

const GAP = 80; // ms between two characters of one scan, at most
const SHORTEST = 3;
const LONGEST = 200;

export class Scanner {
  /** `onScan(text)` for a barcode; `onKey(key)` for a single character that was not one. */
  constructor(onScan, onKey, { later = setTimeout, never = clearTimeout } = {}) {
    this.onScan = onScan;
    this.onKey = onKey;
    this.later = (work, ms) => later(work, ms);
    this.never = (timer) => never(timer);
    this.text = "";
    this.timer = null;
  }

  /** Take one key with its time in ms; whether it is the scanner's business (and nobody else's). */
  take(key, at) {
    if (this.text !== "" && at - this.last > GAP) this.settle();
    if (key === "Enter" || key === "Tab") {
      if (this.text.length < 2) {
        this.settle();
        return false;
      }
      const text = this.text.trim();
      this.forget();
      if (text.length >= SHORTEST) this.onScan(text);
      return true;
    }
    if ([...key].length !== 1 || (key === " " && this.text === "")) return false;
    if (this.text.length < LONGEST) this.text += key;
    this.last = at;
    this.never(this.timer);
    this.timer = this.later(() => this.settle(), GAP);
    return true;
  }

  /** The pause has come: one character was a key, more were a scan without an end. */
  settle() {
    const text = this.text;
    this.forget();
    if (text.length === 1) this.onKey(text);
  }

  forget() {
    this.never(this.timer);
    this.text = "";
  }
}
