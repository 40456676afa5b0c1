/** The loop to be seen: spectrogram, playhead, beats and bars, what comes, and the blend's way. */

import { Path, rounds, stretches } from "./timeline.js";

const BEFORE = 0.3; // of the width is past
const BEATS = [8, 16, 24]; // that fit, from phone to wide
const STRIP = 46; // pixels of the blend's way
const RULER = 18;
const KEPT = 48; // pictures
const BEATS_A_BAR = 4;
export const COLOURS = ["#6cc7ff", "#ffb35c", "#8be08b", "#e79bff", "#ff8080", "#ffe16b", "#7de8d8", "#c3b8ff"];

export class Stage {
  constructor(canvas, clock) {
    this.#canvas = canvas;
    this.#clock = clock;
    this.#pen = canvas.getContext("2d", { alpha: false });
    this.latency = () => 0; // seconds between the program and the ear
    this.frames = 0; // that were drawn
    new ResizeObserver(() => this.#measure()).observe(canvas);
    this.#measure();
  }

  /** What the program said last. */
  show(shown) {
    this.#shown = shown;
    this.#path.hear(shown.path, 32);
    for (const { key } of [...shown.loops.slice(-4), ...shown.queued]) this.#fetch(key);
  }

  /** Draw what sounds at `now`, in seconds of our clock. */
  draw(now) {
    const shown = this.#shown;
    if (!shown || !this.#width) return;
    const pen = this.#pen, beat = this.#clock.beat(now) - this.latency() * this.#clock.pace;
    const span = BEATS[this.#width < 600 ? 0 : this.#width < 1500 ? 1 : 2];
    const view = { from: beat - span * BEFORE, to: beat + span * (1 - BEFORE), scale: this.#width / span };
    pen.setTransform(this.#dense, 0, 0, this.#dense, 0, 0);
    pen.fillStyle = "#07080c";
    pen.fillRect(0, 0, this.#width, this.#height);
    this.#drawLoops(view, shown);
    this.#drawGrid(view);
    this.#drawPath(view);
    this.#drawComing(view, shown);
    pen.fillStyle = "#ffffff";
    pen.fillRect((beat - view.from) * view.scale - 1, 0, 2, this.#height);
    this.frames++;
  }

  #measure() {
    this.#dense = Math.min(2, devicePixelRatio || 1);
    this.#width = this.#canvas.clientWidth;
    this.#height = this.#canvas.clientHeight;
    this.#canvas.width = this.#width * this.#dense;
    this.#canvas.height = this.#height * this.#dense;
  }

  #drawLoops(view, shown) {
    const pen = this.#pen, top = RULER, height = this.#height - RULER - STRIP;
    pen.imageSmoothingEnabled = true;
    for (const stretch of stretches(shown.loops, shown.queued, view.from, view.to)) {
      const picture = this.#pictures.get(stretch.key);
      pen.globalAlpha = stretch.queued ? 0.6 : 1;
      for (const { from, to, at } of rounds(stretch)) {
        const x = (from - view.from) * view.scale, wide = (to - from) * view.scale;
        if (!picture?.width) continue;
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

  #drawGrid({ from, to, scale }) {
    const pen = this.#pen;
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "top";
    for (let beat = Math.ceil(from); beat < to; beat++) {
      const isBar = beat % BEATS_A_BAR === 0, x = (beat - from) * scale;
      pen.fillStyle = isBar ? "rgba(255,255,255,0.4)" : "rgba(255,255,255,0.13)";
      pen.fillRect(x, isBar ? 0 : RULER, 1, this.#height - STRIP);
      if (isBar && beat >= 0) {
        pen.fillStyle = "#c9cdd8";
        pen.fillText(String(beat / BEATS_A_BAR + 1), x + 4, 3);
      }
    }
  }

  /** The blend as areas upon one another, the first prompt at the bottom. */
  #drawPath({ from, to, scale }) {
    const pen = this.#pen, points = this.#path.points;
    if (!points.length) return;
    const top = this.#height - STRIP + 4, height = STRIP - 4;
    const prompts = Math.max(...points.map((point) => point.length - 1));
    const ends = [...points, [to + 1, ...points.at(-1).slice(1)]];
    const below = ends.map(() => 0);
    for (let n = 0; n < prompts; n++) {
      const above = ends.map((point, i) => below[i] + (point[n + 1] ?? 0));
      pen.beginPath();
      ends.forEach(([beat], i) => pen.lineTo((beat - from) * scale, top + height * (1 - above[i])));
      for (let i = ends.length - 1; i >= 0; i--) pen.lineTo((ends[i][0] - from) * scale, top + height * (1 - below[i]));
      pen.fillStyle = COLOURS[n % COLOURS.length];
      pen.fill();
      above.forEach((y, i) => (below[i] = y));
    }
  }

  /** Where a loop is on its way, and not here yet. */
  #drawComing({ from, scale }, { rendering, queued }) {
    if (!rendering || rendering.idle) return;
    const pen = this.#pen, last = queued.at(-1)?.due;
    const due = rendering.due ?? last;
    const x = due === undefined || due === null ? this.#width - 96 : (due - from) * scale;
    const at = Math.min(this.#width - 96, Math.max(4, x));
    pen.fillStyle = "rgba(7,8,12,0.75)";
    pen.fillRect(at, RULER + 4, 92, 20);
    pen.fillStyle = "#ffb35c";
    pen.fillText("rendering …", at + 8, RULER + 8);
  }

  /** Have the picture of a loop, once. */
  async #fetch(key) {
    if (this.#pictures.has(key)) return;
    this.#pictures.set(key, null);
    try {
      const answer = await fetch(`/stage/loop/${key}.png`);
      if (answer.status !== 200) throw new Error(answer.statusText); // 204: it is gone
      this.#pictures.set(key, coloured(await createImageBitmap(await answer.blob())));
    } catch {
      setTimeout(() => this.#pictures.delete(key), 1000); // asked for again if it still matters
    }
    for (const old of [...this.#pictures.keys()].slice(0, -KEPT)) this.#pictures.delete(old);
  }

  #canvas;
  #clock;
  #pen;
  #width = 0;
  #height = 0;
  #dense = 1;
  #shown;
  #path = new Path();
  #pictures = new Map();
}

/** Grey levels as heat, from black over violet and orange to white. */
function coloured(bitmap) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), pen = canvas.getContext("2d");
  pen.drawImage(bitmap, 0, 0);
  const image = pen.getImageData(0, 0, bitmap.width, bitmap.height), data = image.data;
  for (let i = 0; i < data.length; i += 4) {
    const level = data[i] / 255;
    data[i] = 255 * Math.min(1, level ** 1.5 * 1.35);
    data[i + 1] = 255 * Math.min(1, level ** 3 * 1.1);
    data[i + 2] = 255 * Math.min(1, 0.05 + 0.75 * Math.sin(Math.PI * Math.min(1, level * 0.9)) ** 1.5 + level ** 8);
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}
