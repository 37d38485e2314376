// Whether what is shown is still true. The gate fails closed, and so does its screen: no fresh word, no green.

const SILENT_AFTER = 1800; // ms without a snapshot; the gate sends one a second even where nothing happens
const LOST_AFTER = 2500; // ms without any message, though the socket is open
const LATE_AFTER = 1000; // ms that messages may take longer than the quickest one did

export class Freshness {
  constructor(now) {
    this.now = now;
    this.opened = false;
    this.closedWhy = "connecting";
    this.reset();
  }

  reset() {
    this.lastMessage = -Infinity;
    this.lastSnapshot = -Infinity;
    this.quickest = Infinity;
    this.lateness = 0;
  }

  open() {
    this.reset();
    this.opened = true;
    this.lastMessage = this.now();
  }

  close(why) {
    this.opened = false;
    this.closedWhy = why;
  }

  /** `sent`: the server's clock in seconds; only differences between messages count. */
  message(sent, isSnapshot) {
    const now = this.now();
    const travelled = now - sent * 1000;
    this.quickest = Math.min(this.quickest, travelled);
    this.lateness = travelled - this.quickest;
    this.lastMessage = now;
    if (isSnapshot) this.lastSnapshot = now;
  }

  /** "live", "silent" (the gate says nothing new), "late", "lost", "full" or "connecting". */
  health() {
    if (!this.opened) return this.closedWhy;
    const now = this.now();
    if (now - this.lastMessage > LOST_AFTER) return "lost";
    if (this.lastSnapshot === -Infinity) return "connecting";
    if (now - this.lastSnapshot > SILENT_AFTER) return "silent";
    return this.lateness > LATE_AFTER ? "late" : "live";
  }
}
