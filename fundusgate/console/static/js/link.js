// The socket: connects, connects again, and gives a receipt for each message once it has been shown.

const FIRST_WAIT = 300;
const LONGEST_WAIT = 4000;
const TOO_MANY = 1013;
const OPENING = 5000;

export class Link {
  constructor(freshness, { onMessage, onPicture }) {
    this.freshness = freshness;
    this.onMessage = onMessage;
    this.onPicture = onPicture;
    this.wait = FIRST_WAIT;
    this.everOpen = false;
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    let work = Promise.resolve();
    const tooLong = setTimeout(() => this.drop(), OPENING);
    socket.onopen = () => {
      clearTimeout(tooLong);
      this.everOpen = true;
      this.freshness.open();
    };
    socket.onmessage = (event) => {
      // one after the other: words never overtake the picture they belong to
      work = work.then(() => this.take(socket, event.data));
    };
    socket.onclose = (event) => {
      clearTimeout(tooLong);
      if (this.socket === socket) this.closed(event.code);
    };
  }

  async take(socket, data) {
    if (this.socket !== socket) return;
    let number;
    if (typeof data === "string") {
      const message = JSON.parse(data);
      number = message.n;
      this.freshness.message(message.sent, message.type === "snapshot");
      this.onMessage(message);
      if (message.type === "snapshot") this.wait = FIRST_WAIT;
    } else {
      const header = new DataView(data, 0, 8);
      number = header.getUint32(0);
      await this.onPicture(header.getUint32(4), data.slice(8));
    }
    if (socket.readyState === WebSocket.OPEN) socket.send(`{"seen":${number}}`);
  }

  closed(code) {
    this.freshness.close(code === TOO_MANY ? "full" : this.everOpen ? "lost" : "connecting");
    const wait = this.wait * (0.75 + Math.random() / 2);
    this.wait = Math.min(LONGEST_WAIT, this.wait * 1.7);
    setTimeout(() => this.again(), wait);
  }

  async again() {
    try {
      // a refused socket does not say why; this does
      const answer = await fetch("/session", { cache: "no-store", signal: AbortSignal.timeout(OPENING) });
      if (answer.status === 401) {
        location.assign("/pair");
        return;
      }
    } catch {
      // no server yet: the socket will fail and wait again
    }
    this.connect();
  }

  /** Let a socket go that says nothing any more. */
  drop() {
    const socket = this.socket;
    this.socket = null;
    socket.close();
    this.closed(0);
  }

  /** To be called a few times a second. */
  watch() {
    if (this.freshness.opened && this.freshness.health() === "lost") this.drop();
  }
}
