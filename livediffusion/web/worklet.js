/** The reel on the audio thread: packets come by message, what is due is played. */

import { unpack } from "./packet.js";
import { Reel } from "./reel.js";

const TOLD = 24000; // frames from one word on how it goes to the next

class Player extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.reel = new Reel(processorOptions.buffer, sampleRate);
    this.untold = 0;
    this.port.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) {
        const { frame, samples } = unpack(data);
        this.reel.put(frame, samples);
      } else {
        this.reel.keep(data.buffer);
      }
    };
  }

  process(_inputs, [[left, right]]) {
    const begins = this.reel.position;
    this.reel.play(left, right);
    this.untold += left.length;
    if (this.untold >= TOLD) {
      this.untold = 0;
      const { ahead, underruns, slides, jumps, exact } = this.reel;
      this.port.postMessage({ position: begins, ahead, underruns, slides, jumps, exact });
    }
    return true;
  }
}

registerProcessor("livediffusion", Player);
