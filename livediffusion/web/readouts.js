/** Figures, meters and sentences: written only where they have changed, and no oftener than one reads. */

import { make } from "./controls.js";

const ROWS = [
  ["eta", "change in"], ["lead", "lead"], ["render_ms", "render"], ["late", "late"],
  ["underruns", "underruns"], ["restarts", "restarts"], ["output", "output"], ["clock", "clock"],
  ["recording", "recorded"], ["drops", "lost"], ["refused", "refused"],
  ["comes in", "comes in"], ["controllers", "controllers"], ["standing by", "stand by"],
];
const WORDS = {
  eta: (x) => (x > 0 ? `${x.toFixed(1)} beats` : "settled"),
  lead: (x) => `${x.toFixed(1)} beats`,
  render_ms: (x) => `${x.toFixed(0)} ms`,
  recording: (x) => `${x} s`,
};
const READ = 200; // ms from one figure to the next
const QUIETEST = -48; // dBFS at a meter's foot

/** Write a text where it is another one. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export class Readouts {
  constructor(place, meters) {
    for (const [name, words] of ROWS) {
      const figure = make("dd", {}, "–");
      figure.dataset.name = name;
      place.append(make("div", {}, make("dt", {}, words), figure));
      this.#figures.set(name, figure);
    }
    this.#meters = meters.map((element) => ({ cover: element.firstElementChild, level: undefined }));
  }

  /** Remember a figure; names without a row are for others. */
  hear(name, value) {
    if (!this.#figures.has(name)) return;
    this.#unwritten.set(name, typeof value === "number" && WORDS[name] ? WORDS[name](value) : String(value));
  }

  /** Remember how loud it is, in dBFS. */
  level(...levels) {
    this.#levels = levels.map((level) => Math.min(1, Math.max(0, 1 - level / QUIETEST)));
  }

  /** Show what has changed; with a frame, so that the page is laid out and painted once for all. */
  draw(now) {
    this.#meters.forEach((meter, i) => {
      const covered = (1 - (this.#levels[i] ?? 0)).toFixed(2);
      if (covered === meter.covered) return;
      meter.covered = covered;
      meter.cover.style.transform = `scaleY(${covered})`;
    });
    if (now < this.#next || !this.#unwritten.size) return;
    this.#next = now + READ;
    for (const [name, text] of this.#unwritten) write(this.#figures.get(name), text);
    this.#unwritten.clear();
  }

  #figures = new Map();
  #unwritten = new Map();
  #meters;
  #levels = [];
  #next = 0;
}
