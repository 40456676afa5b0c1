/**
 * The song's beat between two words of the program, smooth enough to draw by.
 *
 * The program says now and then which beat it was at a moment of its clock; the least delayed of
 * the last words tells how its clock lies to ours. Pure: times are given, in seconds.
 */

const REMEMBERED = 60; // words, about six seconds
const FORGIVEN = 0.5; // beats that are glided over; more is a jump of the song

export class SongClock {
  #offsets = [];
  #beat = 0;
  #at = 0; // of our clock
  #pace = 0; // beats a second
  #shown = undefined;
  #shownAt = 0;

  /** The program was at `beat` at `clock` of its own, with `pace`; heard at `now` of ours. */
  hear({ beat, clock, pace }, now) {
    this.#offsets.push(now - clock);
    if (this.#offsets.length > REMEMBERED) this.#offsets.shift();
    this.#beat = beat;
    this.#at = clock + Math.min(...this.#offsets);
    this.#pace = pace;
  }

  /** Forget how the clocks lie: the program is another one now. */
  forget() {
    this.#offsets = [];
  }

  /** The song beat at `now`. */
  beat(now) {
    const told = this.#beat + (now - this.#at) * this.#pace;
    if (this.#shown === undefined || Math.abs(told - this.#shown) > FORGIVEN) {
      this.#shown = told;
    } else {
      const passed = Math.max(0, now - this.#shownAt);
      const guess = this.#shown + passed * this.#pace;
      this.#shown = guess + (told - guess) * Math.min(1, passed * 4);
    }
    this.#shownAt = now;
    return this.#shown;
  }

  /** Beats a second. */
  get pace() {
    return this.#pace;
  }
}
