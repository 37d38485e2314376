// The console: what comes from the gate goes to the parts of the screen.

import { keepAwake } from "./awake.js";
import { describe } from "./capture_view.js";
import { Freshness } from "./freshness.js";
import { buildIdentity, showIdentity } from "./identity.js";
import { loadIcons } from "./icons.js";
import { listenToKeys } from "./keys.js";
import { Link } from "./link.js";
import { showMap, showPicture } from "./picture.js";
import { buildPreferences } from "./preferences.js";
import { showPrompt } from "./prompt.js";
import { buildSettings, showSettings } from "./settings.js";
import { showShutter } from "./shutter.js";
import { play } from "./sound.js";
import { changed, known, onChange } from "./store.js";
import { showStrip } from "./strip.js";
import { buildTargets, showTargets } from "./targets.js";
import { language, speak } from "./texts.js";

const WATCH = 200; // ms

let version = null;

function onMessage(message) {
  if (message.type === "hello") {
    // another program serves now: its page may differ
    if (version !== null && message.version !== version) location.reload();
    version = message.version;
  } else if (message.type === "snapshot") {
    const before = known.state?.phase;
    known.state = message.state;
    if (message.captures) known.captures = message.captures;
    known.health = freshness.health();
    if (before !== known.state.phase && known.health === "live") play(known.state.phase === "closed" ? "stopped" : known.state.phase);
    changed(message.captures ? "captures" : "state");
  }
}

function show(what) {
  showPrompt();
  showTargets();
  showShutter();
  showIdentity();
  showSettings();
  if (known.state !== null) showMap(known.state.map, known.state.box, known.state.frame_size);
  showStrip(what === "language");
  if (what === "captures" || what === "language") describe();
}

function watch(link) {
  const health = freshness.health();
  if (health !== known.health) {
    if (known.health === "live") play("stopped");
    known.health = health;
    changed("health");
  }
  link.watch();
}

for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}

await loadIcons();
buildTargets();
buildIdentity();
buildPreferences();
await speak(language());
buildSettings();
listenToKeys();
keepAwake();
onChange(show);
const freshness = new Freshness(() => performance.now());
show("language");
const link = new Link(freshness, { onMessage, onPicture: (_, jpeg) => showPicture(jpeg) });
setInterval(() => watch(link), WATCH);
