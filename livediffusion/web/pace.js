/**
 * How often the page draws: as often as the machine can afford, and seldom while the music needs it.
 *
 * Frames that come late slow it down by a step, a while without any brings it up again; each time
 * that this was too early, the while doubles. Pure: times are given, in milliseconds.
 */

const RATES = [60, 30, 20, 15, 10]; // frames a second
const HUSHED = 4; // while something else needs the processor
const EARLY = 5; // that a frame may be: screens go by their own clock
const LATE = 1.5; // of a frame's time is late
const GRACE = 4;
const JUDGED = 1000; // over which lateness is counted
const BEARABLE = 0.2; // of the frames may be late
const CALM = [4000, 64000]; // without a late frame, until it is faster, at first and at most

export class Pacer {
  /** At most `most` frames a second. */
  constructor(most = RATES[0]) {
    this.limit(most);
  }

  /** At most so many from now on. */
  limit(most) {
    this.#most = most;
    this.rate = most;
    this.rest();
  }

  /** Draw little until so long from now. */
  hush(now, time) {
    if (now >= this.#hushed && this.#last !== undefined) this.#last = now;
    this.#hushed = Math.max(this.#hushed, now + time);
  }

  /** Whether a frame is due. */
  due(now) {
    return this.wait(now) <= EARLY;
  }

  /** Until the next is due. */
  wait(now) {
    const rate = now < this.#hushed ? Math.min(HUSHED, this.rate) : this.rate;
    return this.#last === undefined ? 0 : Math.max(0, this.#last + 1000 / rate - now);
  }

  /** One is drawn: judge how they come. */
  drawn(now) {
    if (now < this.#hushed) this.rest(); // neither late nor in time
    const passed = now - (this.#last ?? now);
    this.#last = now;
    this.#frames++;
    if (passed > (LATE * 1000) / this.rate + GRACE) {
      this.#late++;
      this.#calmSince = now;
    }
    this.#calmSince ??= now;
    this.#since ??= now;
    if (now - this.#since < JUDGED) return;
    if (this.#late > Math.max(1, BEARABLE * this.#frames)) this.#slower(now);
    else if (now - this.#calmSince > this.#calm && this.rate < this.#most) this.#faster(now);
    this.#since = now;
    this.#frames = this.#late = 0;
  }

  /** Nothing is drawn now, which is no lateness. */
  rest() {
    this.#last = this.#since = this.#calmSince = undefined;
    this.#frames = this.#late = 0;
  }

  #slower(now) {
    if (now - this.#rose < 2 * this.#calm) this.#calm = Math.min(CALM[1], 2 * this.#calm);
    this.rate = RATES.find((rate) => rate < this.rate) ?? this.rate;
    this.#calmSince = now;
  }

  #faster(now) {
    this.rate = Math.min(this.#most, RATES.findLast((rate) => rate > this.rate));
    this.#rose = this.#calmSince = now;
  }

  #most;
  #hushed = -Infinity;
  #last;
  #since;
  #calmSince;
  #frames = 0;
  #late = 0;
  #calm = CALM[0];
  #rose = -Infinity;
}
