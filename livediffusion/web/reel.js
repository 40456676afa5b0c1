/**
 * The sound between the network and the ear: packets by frame number in, an even stream out.
 *
 * The reel holds the last seconds of output under its frame numbers. A playhead follows the newest
 * frame at a distance, the buffer. While the distance is right the samples pass through as they
 * are; when the two machines' clocks have drifted too far apart, the playhead slides by whole
 * frames over a few seconds (0.1 %, two cents) and then passes samples through again. Where a
 * packet is missing there is silence and time goes on, so what comes back comes back in its place.
 * Pure: knows of no audio, no network and no clock.
 */

export const CHANNELS = 2;
const SIZE = 1 << 19; // frames, 10.9 s
const TOLERANCE = 480; // frames, 10 ms, that the distance may be off at the least
const TOLERATED = 1 / 16; // of the buffer: a large one can take more before it is touched
const SLIDE = 240; // frames that one slide makes good
const SLIDE_OVER = 240000; // frames that a slide takes
const SETTLES = 4e-6; // of the distance's change is believed a frame: 5 s
const SETTLED = 5; // seconds until the usual distance is known
const RAMP = 128; // frames from sound to silence and back
const TOO_FAR = 0.25; // seconds that the distance is off at the least make it jump, not slide
const FAR = 1 / 4; // of the buffer

export class Reel {
  constructor(buffer, rate = 48000) {
    this.buffer = buffer; // frames behind the newest
    this.newest = undefined; // one past the last frame that has come
    this.underruns = 0;
    this.slides = 0;
    this.jumps = 0;
    this.exact = 0; // frames since something was last missing, slid over or jumped
    this.#rate = rate;
  }

  /** The next frame that will be heard; undefined before the first. */
  get position() {
    return this.#position;
  }

  /** Frames that are there and were not heard. */
  get ahead() {
    return this.#position === undefined ? 0 : this.newest - this.#position;
  }

  /** Take samples in: interleaved, from an output frame on. */
  put(frame, samples) {
    const count = samples.length / CHANNELS;
    for (let i = 0; i < count; i++) {
      const slot = (frame + i) % SIZE;
      this.#frames[slot] = frame + i;
      this.#left[slot] = samples[CHANNELS * i];
      this.#right[slot] = samples[CHANNELS * i + 1];
    }
    if (this.newest === undefined || frame + count > this.newest || frame + SIZE < this.newest) {
      this.newest = frame + count;
    }
    if (this.#position === undefined && count) this.#position = Math.max(frame, this.newest - this.buffer);
  }

  /** Play the next frames into two channels (Float32Array); what is not there is silence. */
  play(left, right) {
    if (this.#position === undefined) return;
    this.#follow(left.length);
    const touched = this.#slide > 0 || this.#gain < 1;
    let missed = 0;
    for (let i = 0; i < left.length; i++) {
      const there = this.#has(this.#position);
      missed += !there;
      const gain = this.#ramp(there);
      left[i] = gain && this.#read(this.#left) * gain;
      right[i] = gain && this.#read(this.#right) * gain;
      this.#step();
    }
    if (missed && !this.#starved) this.underruns++;
    this.#starved = missed > 0;
    this.exact = touched || missed ? 0 : this.exact + left.length;
  }

  /** Follow the newest frame at another distance from now on. */
  keep(buffer) {
    this.buffer = buffer;
    if (this.#position !== undefined) this.#jump();
  }

  #jump() {
    this.#position = Math.max(0, this.newest - this.buffer);
    this.#slide = this.#off = this.#watched = this.#average = 0;
    this.jumps++;
    this.exact = 0;
  }

  /** Watch the distance: jump where it is far off, slide where it has drifted from its first. */
  #follow(count) {
    const silent = this.newest === this.#seen; // nothing new for a while: wait and see
    this.#seen = this.newest;
    this.#unheard = silent ? this.#unheard + count : 0;
    if (this.#unheard > this.#rate / 10) return;
    const distance = this.newest - this.#position - this.buffer;
    const far = Math.max(TOO_FAR * this.#rate, FAR * this.buffer);
    this.#off = Math.abs(distance) > far ? this.#off + count : 0;
    if (this.#off > this.#rate / 2 || (this.#watched === 0 && this.#off)) return this.#jump();
    this.#watched += count;
    this.#average += (distance - this.#average) * Math.max(SETTLES * count, count / this.#watched);
    if (this.#watched < SETTLED * this.#rate) {
      this.#home = this.#average; // packets come in bursts: what is usual is seen first
    } else if (this.#slide === 0 && Math.abs(this.#average - this.#home) > Math.max(TOLERANCE, TOLERATED * this.buffer)) {
      this.#direction = Math.sign(this.#average - this.#home);
      this.#slide = SLIDE_OVER;
      this.#from = this.#position;
      this.slides++;
    }
  }

  /** One frame on; within a slide by a little more or less, and whole again at its end. */
  #step() {
    if (this.#slide === 0) {
      this.#position++;
      return;
    }
    this.#slide--;
    const done = SLIDE_OVER - this.#slide;
    const eased = (1 - Math.cos((Math.PI * done) / SLIDE_OVER)) / 2;
    this.#position = this.#from + done + this.#direction * SLIDE * eased;
    if (this.#slide === 0) this.#position = Math.round(this.#position);
  }

  #has(position) {
    const frame = Math.floor(position);
    return this.#frames[frame % SIZE] === frame;
  }

  /** The sample at the playhead; between frames by a cubic through four (Catmull-Rom). */
  #read(track) {
    const frame = Math.floor(this.#position), t = this.#position - frame;
    if (t === 0) return track[frame % SIZE];
    const a = track[(frame + SIZE - 1) % SIZE], b = track[frame % SIZE];
    const c = track[(frame + 1) % SIZE], d = track[(frame + 2) % SIZE];
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  }

  /** How loud what is there may be: holes have no hard edges where they end. */
  #ramp(there) {
    if (!there) {
      this.#gain = 0;
    } else if (this.#gain < 1) {
      this.#gain = Math.min(1, this.#gain + 1 / RAMP);
    }
    return this.#gain;
  }

  #rate;
  #position = undefined;
  #frames = new Float64Array(SIZE).fill(-1);
  #left = new Float32Array(SIZE);
  #right = new Float32Array(SIZE);
  #gain = 1;
  #average = 0; // of the distance, less the buffer
  #home = 0; // what it was at first
  #watched = 0; // frames since it began
  #off = 0; // frames for which it was far off
  #slide = 0;
  #direction = 0;
  #from = 0;
  #starved = false;
  #seen = undefined;
  #unheard = 0; // frames since something new came
}
