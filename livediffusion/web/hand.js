/**
 * One value that a hand here and hands elsewhere move: who wins, and when it is sent.
 *
 * While a hand is on it, what comes from elsewhere is not shown, only remembered; the newest of it
 * shows once the hand has let go and rested. What the hand does is sent at most once a frame, and
 * its last state always. Pure: times are given, in milliseconds.
 */

export const REST = 450; // longer than the program keeps our own move from coming back

export class Hand {
  /** `send` gives false where it could not; `moved` is called when there is something to send. */
  constructor(send, moved = () => {}) {
    this.value = undefined; // what shows
    this.held = false;
    this.#send = send;
    this.#moved = moved;
  }

  /** A finger is on it, or a key is down. */
  take() {
    this.held = true;
  }

  /** It was let go. */
  release(now) {
    this.held = false;
    this.#restsAt = now + REST;
  }

  /** The hand moves it. */
  move(value, now) {
    this.value = value;
    this.#unsent = true;
    this.#restsAt = now + REST;
    this.#coming = undefined;
    this.#moved();
  }

  /** It was moved elsewhere; true when that shows at once. */
  hear(value, now) {
    if (this.held || now < this.#restsAt) {
      this.#coming = value;
      return false;
    }
    this.#coming = undefined;
    this.value = value;
    return true;
  }

  /** Once a frame: send what is unsent; true when a move from elsewhere shows now. */
  look(now) {
    if (this.#unsent) {
      this.#unsent = !this.#send(this.value);
    }
    if (this.held || now < this.#restsAt || this.#coming === undefined) return false;
    this.value = this.#coming;
    this.#coming = undefined;
    return true;
  }

  #send;
  #moved;
  #unsent = false;
  #coming = undefined;
  #restsAt = 0;
}
