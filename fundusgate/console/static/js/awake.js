// A phone must not fall asleep in the technician's hand. Browsers allow this on a secure page (TLS or loopback) only.

async function stayAwake() {
  if (!("wakeLock" in navigator) || document.visibilityState !== "visible") return;
  try {
    await navigator.wakeLock.request("screen");
  } catch {
    // a nearly empty battery may refuse; the screen then sleeps as usual
  }
}

export function keepAwake() {
  // the lock goes with the page's visibility, and must be asked for again
  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();
}
