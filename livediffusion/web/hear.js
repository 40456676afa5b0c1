/** Hearing the program in the browser: a WebSocket, the reel, and the sound card. */

import { unpack } from "./packet.js";
import { Reel } from "./reel.js";

const RATE = 48000;
const AGAIN = 500; // ms from a lost connection to the next try
const PATIENCE = 800; // ms for the browser to let sound through

export class Ear {
  /** `tell` gets {state, sentence, ...} whenever that changes. */
  constructor(tell) {
    this.on = false;
    this.figures = {}; // how the buffer does, as last told
    this.#tell = tell;
  }

  /** Listen, `buffer` ms behind what is played; call it from a click. */
  async start(buffer, format) {
    this.on = true;
    this.#buffer = buffer;
    this.#format = format;
    this.#tell({ state: "waiting", sentence: "Connecting to the sound." });
    this.#context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    await this.#build();
    this.#connect();
    this.#context.onstatechange = () => this.#look();
    this.#context.resume().catch(() => {});
    setTimeout(() => this.#look(), PATIENCE);
  }

  /** Listen no more. */
  stop() {
    this.on = false;
    clearTimeout(this.#retry);
    this.#socket?.close();
    this.#context?.close();
    this.#context = this.#socket = this.#node = undefined;
    this.#tell({ state: "off", sentence: "" });
  }

  /** Another distance to what is played, in ms. */
  keep(buffer) {
    this.#buffer = buffer;
    this.#node?.port?.postMessage({ buffer: this.#frames() });
    this.#reel?.keep(this.#frames());
  }

  /** Let sound through after the browser has held it back; call it from a click. */
  resume() {
    this.#context?.resume();
  }

  /** Seconds from the program's mixing to the ear, as far as the browser says. */
  get latency() {
    const { baseLatency = 0, outputLatency = 0 } = this.#context ?? {};
    return this.#buffer / 1000 + baseLatency + outputLatency;
  }

  /** For tests and meters: the node that plays. */
  get node() {
    return this.#node;
  }

  #frames() {
    return Math.round((this.#buffer * RATE) / 1000);
  }

  /** The worklet; where a browser has none (no secure context), the same reel on this thread. */
  async #build() {
    const context = this.#context;
    if (context.audioWorklet) {
      await context.audioWorklet.addModule(new URL("worklet.js", import.meta.url));
      this.#node = new AudioWorkletNode(context, "livediffusion", {
        numberOfInputs: 0,
        outputChannelCount: [2],
        processorOptions: { buffer: this.#frames() },
      });
      this.#node.port.onmessage = ({ data }) => this.#heard(data);
      this.#take = (packet) => this.#node.port.postMessage(packet, [packet]);
    } else {
      this.#reel = new Reel(this.#frames(), RATE);
      this.#node = context.createScriptProcessor(2048, 0, 2);
      this.#node.onaudioprocess = ({ outputBuffer: out }) => {
        this.#reel.play(out.getChannelData(0), out.getChannelData(1));
        const { position, ahead, underruns, slides, jumps, exact } = this.#reel;
        this.#heard({ position, ahead, underruns, slides, jumps, exact });
      };
      this.#take = (packet) => {
        const { frame, samples } = unpack(packet);
        this.#reel.put(frame, samples);
      };
    }
    this.#node.connect(context.destination);
  }

  #connect() {
    const from = this.#next === undefined ? "" : `&from=${this.#next}`;
    const address = new URL(`/stage/sound?format=${this.#format}&buffer=${this.#buffer}${from}`, location);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = (this.#socket = new WebSocket(address));
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      const head = new DataView(data);
      const frames = (data.byteLength - 16) / (2 * head.getUint16(14, true));
      this.#next = Number(head.getBigUint64(0, true)) + frames;
      this.#take(data);
    };
    socket.onopen = () => this.#look();
    socket.onclose = ({ reason }) => {
      if (!this.on || socket !== this.#socket) return;
      const why = reason || "The connection is lost.";
      this.#tell({ state: "lost", sentence: `${why} It goes on where it was as soon as it is back.` });
      this.#retry = setTimeout(() => this.#connect(), AGAIN);
    };
  }

  /** Say how it stands: connected, held back by the browser, or heard. */
  #look() {
    if (!this.on) return;
    if (this.#context.state !== "running") {
      this.#tell({ state: "blocked", sentence: BLOCKED });
    } else if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#tell({ state: "on", sentence: "" });
    }
  }

  #heard(figures) {
    this.figures = figures;
    if (this.on) this.#tell({ figures });
  }

  #tell;
  #buffer = 200;
  #format = "float";
  #context;
  #node;
  #reel;
  #socket;
  #take;
  #next = undefined; // the frame to go on from
  #retry;
}

const BLOCKED = "This browser plays no sound before you click: press Listen once more.";
