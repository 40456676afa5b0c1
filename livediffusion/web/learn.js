/** Learn: click a control, move a knob. While it is on, controls are chosen instead of moved. */

import { make } from "./controls.js";

export class Learn {
  constructor(button, panels, send, say) {
    this.#button = button;
    this.#panels = panels;
    this.#send = send;
    this.#say = say;
    button.addEventListener("click", () => this.#turn(button.getAttribute("aria-pressed") !== "true"));
    document.addEventListener("pointerdown", (event) => this.#choose(event), true);
    document.addEventListener("click", (event) => this.#swallow(event), true);
  }

  /** How learning goes, as the program says it. */
  hear(word, sentence) {
    if (sentence !== this.#last) this.#say(sentence);
    this.#last = sentence;
    if (["learned", "failed", "ended"].includes(word)) this.#unchoose();
  }

  #turn(on) {
    this.#button.setAttribute("aria-pressed", String(on));
    document.body.classList.toggle("learning", on);
    for (const made of this.#panels.controls.values()) {
      made.element.querySelector(".taught")?.remove();
      if (on && ["value", "trigger"].includes(made.row.kind) && made.row.types.length < 2) this.#offer(made);
    }
    if (on) this.#say("Learn: choose a control here, then move a knob of your controller.");
    else if (this.#asked) this.#send("/ld/learn", "s", [""]);
    this.#asked = false;
  }

  /** Buttons for keys and screen readers; a forgotten mapping is taken out by the same. */
  #offer({ element, address, name }) {
    const isMapped = this.#panels.mapped[address]?.length;
    const words = isMapped ? "forget" : "learn";
    const button = make("button", { type: "button", class: "taught", "aria-label": `${words} ${name}` }, words);
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      if (isMapped) this.#send("/ld/unlearn", "s", [address]);
      else this.#ask(element);
    });
    if (element.tagName !== "BUTTON") element.append(button);
  }

  #on() {
    return document.body.classList.contains("learning");
  }

  #choose(event) {
    const element = event.target.closest?.(".control");
    if (!this.#on() || !element || event.target.closest(".taught")) return;
    event.preventDefault();
    event.stopPropagation();
    this.#ask(element);
  }

  /** A click on a control means the control itself, not what it does; by key it chooses it. */
  #swallow(event) {
    const element = event.target.closest?.(".control");
    if (!this.#on() || !element || event.target.closest(".taught")) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.detail) this.#ask(element);
  }

  #ask(element) {
    this.#unchoose();
    element.classList.add("chosen");
    this.#asked = true;
    this.#send("/ld/learn", "s", [element.dataset.address]);
  }

  #unchoose() {
    for (const element of document.querySelectorAll(".chosen")) element.classList.remove("chosen");
  }

  #button;
  #panels;
  #send;
  #say;
  #asked = false;
  #last = "";
}
