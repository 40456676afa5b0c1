/** What went wrong, in the program's own sentences: the newest first. */

import { make } from "./controls.js";

const KEPT = 60;

export class Messages {
  constructor(list) {
    this.#list = list;
  }

  say(sentence) {
    if (!sentence) return;
    const time = make("time", {}, new Date().toLocaleTimeString([], { hour12: false }));
    this.#list.prepend(make("p", {}, time, sentence));
    while (this.#list.children.length > KEPT) this.#list.lastElementChild.remove();
  }

  #list;
}
