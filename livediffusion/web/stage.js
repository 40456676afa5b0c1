/**
 * The loop to be seen: spectrogram, playhead, beats and bars, what comes, and the blend's way.
 *
 * It is drawn rarely, as a strip that is longer than what is seen of it, and moved under the
 * playhead frame by frame: a strip that only moves need not be painted.
 */

import { make } from "./controls.js";
import { Pictures } from "./pictures.js";
import { Path, rounds, stretches } from "./timeline.js";

const BEFORE = 0.3; // of the width is past
const BEATS = [8, 16, 24]; // that fit, from phone to wide
const LENGTH = 1.5; // of the strip, in widths
const WAY = 42; // pixels of the blend's way
const GAP = 4; // over it
const RULER = 18;
const LABEL = 92; // pixels of "rendering …"
const BEATS_A_BAR = 4;
export const COLOURS = ["#6cc7ff", "#ffb35c", "#8be08b", "#e79bff", "#ff8080", "#ffe16b", "#7de8d8", "#c3b8ff"];

export class Stage {
  constructor(place, clock) {
    this.#place = place;
    this.#clock = clock;
    place.append(this.#moved, make("i", { class: "playhead" }), this.#coming);
    this.#loops = this.#pen();
    this.#way = this.#pen();
    this.latency = () => 0; // seconds between the program and the ear
    this.frames = 0; // that moved it
    this.paints = 0; // of the strip
    new ResizeObserver(() => this.#measure()).observe(place);
    new IntersectionObserver((seen) => (this.#seen = seen.at(-1).isIntersecting)).observe(place);
    this.#measure();
  }

  /** What the program said last. */
  show(shown) {
    this.#shown = shown;
    if (this.#path.hear(shown.path, 32)) this.#strays = true;
    const heard = JSON.stringify([shown.loops, shown.queued]);
    if (heard !== this.#heard) this.#stale = true;
    this.#heard = heard;
    for (const { key } of [...shown.loops.slice(-4), ...shown.queued]) this.#pictures.want(key);
  }

  /** Show what sounds at `now`, in seconds of our clock; false where nothing moves. */
  draw(now) {
    const shown = this.#shown, width = this.#width;
    if (!shown || !width || !this.#seen) return false;
    const beat = this.#clock.beat(now) - this.latency() * this.#clock.pace;
    const span = BEATS[width < 600 ? 0 : width < 1500 ? 1 : 2];
    const view = { from: beat - span * BEFORE, to: beat + span * (1 - BEFORE), scale: width / span };
    this.#paint(view);
    const moved = this.#move(this.#moved, (this.#strip.from - view.from) * view.scale);
    this.#showComing(view, shown);
    if (moved) this.frames++;
    return moved || this.#clock.pace > 0;
  }

  #measure() {
    this.#dense = Math.min(2, devicePixelRatio || 1);
    this.#width = this.#place.clientWidth;
    this.#height = this.#place.clientHeight - WAY;
    for (const [pen, height] of [[this.#loops, this.#height], [this.#way, WAY]]) {
      const { canvas } = pen, width = Math.ceil(this.#width * LENGTH);
      canvas.width = width * this.#dense;
      canvas.height = height * this.#dense;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      pen.setTransform(this.#dense, 0, 0, this.#dense, 0, 0);
    }
    this.#stale = this.#strays = true;
  }

  #pen() {
    const canvas = make("canvas");
    this.#moved.append(canvas);
    return canvas.getContext("2d", { alpha: false });
  }

  /** Paint what of the strip is no longer right; all of it where it ends. */
  #paint({ from, to, scale }) {
    const ends = from < this.#strip.from || to > this.#strip.to || scale !== this.#strip.scale;
    if (ends) this.#strip = { from, to: from + (to - from) * LENGTH, scale };
    if (ends || this.#stale) {
      this.#clear(this.#loops);
      this.#drawLoops(this.#loops, this.#strip);
      this.#drawGrid(this.#loops, this.#strip);
      this.paints++;
    }
    if (ends || this.#strays) {
      this.#clear(this.#way);
      this.#drawPath(this.#way, this.#strip);
    }
    this.#stale = this.#strays = false;
  }

  #clear(pen) {
    pen.fillStyle = "#07080c";
    pen.fillRect(0, 0, pen.canvas.width, pen.canvas.height);
  }

  #drawLoops(pen, view) {
    const top = RULER, height = this.#height - RULER - GAP;
    for (const stretch of stretches(this.#shown.loops, this.#shown.queued, view.from, view.to)) {
      const picture = this.#pictures.get(stretch.key);
      pen.globalAlpha = stretch.queued ? 0.6 : 1;
      for (const { from, to, at } of rounds(stretch)) {
        const x = (from - view.from) * view.scale, wide = (to - from) * view.scale;
        if (!picture) continue;
        const share = picture.width / stretch.beats;
        pen.drawImage(picture, at * picture.width, 0, Math.max(0.01, (to - from) * share), picture.height, x, top, wide, height);
      }
      pen.globalAlpha = 1;
      if (stretch.queued || stretch.from > view.from) {
        pen.fillStyle = stretch.queued ? "#ffb35c" : "#6b7080";
        pen.fillRect((stretch.from - view.from) * view.scale, top, 1.5, height);
      }
    }
  }

  #drawGrid(pen, { from, to, scale }) {
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "top";
    for (let beat = Math.ceil(from - BEATS_A_BAR); beat < to; beat++) {
      const isBar = beat % BEATS_A_BAR === 0, x = (beat - from) * scale;
      pen.fillStyle = isBar ? "rgba(255,255,255,0.4)" : "rgba(255,255,255,0.13)";
      pen.fillRect(x, isBar ? 0 : RULER, 1, this.#height - GAP);
      if (isBar && beat >= 0) {
        pen.fillStyle = "#c9cdd8";
        pen.fillText(String(beat / BEATS_A_BAR + 1), x + 4, 3);
      }
    }
  }

  /** The blend as areas upon one another, the first prompt at the bottom. */
  #drawPath(pen, { from, to, scale }) {
    const points = this.#path.points;
    if (!points.length) return;
    const prompts = Math.max(...points.map((point) => point.length - 1));
    const ends = [...points, [to + 1, ...points.at(-1).slice(1)]];
    const below = ends.map(() => 0);
    for (let n = 0; n < prompts; n++) {
      const above = ends.map((point, i) => below[i] + (point[n + 1] ?? 0));
      pen.beginPath();
      ends.forEach(([beat], i) => pen.lineTo((beat - from) * scale, WAY * (1 - above[i])));
      for (let i = ends.length - 1; i >= 0; i--) pen.lineTo((ends[i][0] - from) * scale, WAY * (1 - below[i]));
      pen.fillStyle = COLOURS[n % COLOURS.length];
      pen.fill();
      above.forEach((y, i) => (below[i] = y));
    }
  }

  /** Where a loop is on its way, and not here yet. */
  #showComing({ from, scale }, { rendering, queued }) {
    const isComing = Boolean(rendering) && !rendering.idle;
    if (this.#coming.hidden === isComing) this.#coming.hidden = !isComing;
    if (!isComing) return;
    const due = rendering.due ?? queued.at(-1)?.due ?? Infinity;
    const far = this.#width - LABEL - 4;
    this.#move(this.#coming, Math.min(far, Math.max(4, (due - from) * scale)));
  }

  /** Move an element to `x`, on whole pixels so that it stays sharp; whether that is elsewhere. */
  #move(element, x) {
    const transform = `translateX(${Math.round(x * this.#dense) / this.#dense}px)`;
    if (this.#places.get(element) === transform) return false;
    element.style.transform = transform;
    this.#places.set(element, transform);
    return true;
  }

  #place;
  #clock;
  #moved = make("div", { class: "strip" });
  #coming = make("span", { class: "coming", hidden: true }, "rendering …");
  #loops;
  #way;
  #width = 0;
  #height = 0;
  #dense = 1;
  #seen = true;
  #shown;
  #heard = "";
  #stale = true;
  #strays = true; // the path, from what was drawn of it
  #strip = { from: 0, to: 0, scale: 0 };
  #places = new Map();
  #path = new Path();
  #pictures = new Pictures(() => (this.#stale = true));
}
