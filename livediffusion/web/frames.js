/** When this browser draws: as the pacer says, and never what nobody sees. */

import { drawnByProcessor, SHARED } from "./machine.js";
import { Pacer } from "./pace.js";

const USUAL = 60; // frames a second at most
const SPARED = 15; // where each pixel is drawn by the processor that renders the music
const CALM = 4; // for those who ask for little motion
const STILL = 100; // ms from one look to the next while nothing moves
const SCREEN = 17; // ms from one picture of a usual screen to the next
const BUSY = 400; // ms that a change keeps the program busy at the least
const SUFFERED = 5000; // ms of few frames after the music has suffered

export class Frames {
  constructor() {
    const wish = matchMedia("(prefers-reduced-motion: reduce)");
    const limit = () => this.pacer.limit(wish.matches ? CALM : this.#isSpared ? SPARED : USUAL);
    wish.addEventListener("change", limit);
    limit();
  }

  /** How often; for those who look into it. */
  pacer = new Pacer();

  /** The program has something to render, or will have. */
  busy() {
    if (this.#isSpared) this.pacer.hush(performance.now(), BUSY);
  }

  /** A loop was late, or the output ran dry: be it by our drawing. */
  suffered() {
    if (SHARED) this.pacer.hush(performance.now(), SUFFERED);
  }

  /** Call `draw(now)` for good; it returns false while nothing moves. */
  run(draw) {
    const turn = () => {
      const now = performance.now();
      let moves = !document.hidden;
      if (moves && this.pacer.due(now)) {
        this.pacer.drawn(now);
        moves = draw(now);
      }
      if (!moves) this.pacer.rest();
      const wait = moves ? this.pacer.wait(performance.now()) : STILL;
      if (wait > SCREEN) setTimeout(turn, wait); // cheaper than to ask for a frame, too
      else requestAnimationFrame(turn);
    };
    requestAnimationFrame(turn);
  }

  #isSpared = SHARED && drawnByProcessor();
}
