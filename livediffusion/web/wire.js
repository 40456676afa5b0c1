/** The WebSocket to the program: OSC both ways, commands, and what is on show. */

import { decode, encode } from "./osc.js";

const AGAIN = 700; // ms
const SILENCE = 4000; // ms without a word: it hangs
const UNHEARD = ["beat", "bar", "level"]; // that always change, and come with what is on show

export class Wire {
  /** `hears` has `value(address, values)`, `show(shown)`, `changed(command, path)`, `state(open)`. */
  constructor(hears) {
    this.#hears = hears;
    this.#connect();
    setInterval(() => this.#watch(), 1000);
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Send a message; false where it cannot be sent now. */
  send(address, types, values) {
    if (!this.open) return false;
    this.#socket.send(encode(address, types, values));
    return true;
  }

  #connect() {
    const address = new URL("/stage/socket", location);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = (this.#socket = new WebSocket(address));
    socket.binaryType = "arraybuffer";
    this.#heardAt = performance.now();
    socket.onopen = () => {
      const ask = (COMMAND, DATA) => socket.send(JSON.stringify({ COMMAND, DATA }));
      ask("LISTEN", "/ld");
      for (const name of UNHEARD) ask("IGNORE", `/ld/out/${name}`);
      this.#hears.state(true);
    };
    socket.onmessage = ({ data }) => {
      this.#heardAt = performance.now();
      if (typeof data !== "string") return this.#hears.value(...decode(data));
      const said = JSON.parse(data);
      if (said.SHOW) this.#hears.show(said.SHOW);
      else this.#hears.changed(said.COMMAND, said.DATA);
    };
    socket.onclose = () => {
      if (socket !== this.#socket) return;
      this.#hears.state(false);
      setTimeout(() => this.#connect(), AGAIN);
    };
  }

  /** A connection over which nothing comes is as good as none. */
  #watch() {
    if (this.open && performance.now() - this.#heardAt > SILENCE) {
      this.#heardAt = performance.now();
      this.#socket.close();
    }
  }

  #hears;
  #socket;
  #heardAt = 0;
}
