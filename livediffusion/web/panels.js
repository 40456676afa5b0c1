/** The controls on their places: every row of the table has one, those without a place too. */

import { control, make } from "./controls.js";
import { pad } from "./pad.js";
import { write } from "./readouts.js";
import { COLOURS } from "./stage.js";

const LORAS = [1, 2, 3, 4].map((n) => `lora.${n}.weight`);
const PLACES = {
  Seeds: ["seed.a", "seed.b", "seed.morph", "drift", "seed.image", "strength", "negative", "guidance", "steps"],
  Time: ["tempo", "tap", "glide", "quantise", "fade", "nudge", "clock.source", "clock.offset"],
  LoRAs: LORAS,
  Sound: ["gain", "filter", "lean"],
  Scenes: ["scene", "scene.next", "scene.save"],
  Set: ["patch", "model", "bank", "record", "mark", "audio.device"],
};
const TRANSPORT = ["play", "stop", "mute", "hold", "undo", "panic"];
const OF_PROMPTS = ["prompt.{n}.text", "prompt.{n}.weight", "prompt.{n}.remove"];
const ELSEWHERE = [...OF_PROMPTS, "blend", "xy"]; // have a panel of their own
const PLUMBING = ["state", "subscribe", "unsubscribe", "learn", "unlearn"];
const KEYS = { " ": "play", m: "mute", h: "hold", u: "undo", t: "tap", ".": "panic" };

export class Panels {
  constructor(place, transport, table, values, send) {
    this.#place = place;
    this.#values = values;
    this.#send = send;
    this.#rows = new Map(table.filter((row) => row.kind !== "readout").map((row) => [row.key, row]));
    this.#prompts = this.extra("Prompts");
    this.#add = this.#adder();
    this.#pad = pad(this.#rows.get("xy"), send, this.#moved);
    this.#keep(this.#pad, this.extra("Pad"));
    for (const key of TRANSPORT) this.#put(key, transport);
    for (const [name, keys] of Object.entries(PLACES)) {
      const section = this.extra(name);
      if (name === "Scenes") section.append(this.#scenes);
      this.#fill(section, keys);
    }
    const placed = [...Object.values(PLACES).flat(), ...TRANSPORT, ...ELSEWHERE, ...PLUMBING];
    const rest = [...this.#rows.keys()].filter((key) => !placed.includes(key));
    if (rest.length) this.#fill(this.extra("More"), rest);
    transport.querySelector('[data-address="/ld/panic"]')?.classList.add("panic");
    document.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Every control by address. */
  controls = new Map();

  /** A panel of this name, to be filled. */
  extra(name) {
    const known = this.#sections.get(name);
    if (known) return known;
    const id = `panel-${name.toLowerCase()}`;
    const section = make("section", { class: "panel", "aria-labelledby": id });
    section.append(make("h2", { id }, name));
    this.#place.append(section);
    this.#sections.set(name, section);
    return section;
  }

  /** Take over names to choose from, mappings and the number of prompts. */
  lay({ choices, mapped, places, loras = [] }) {
    this.mapped = mapped;
    for (const [address, names] of Object.entries(choices)) this.#choose(address, names);
    this.#layScenes(choices["/ld/scene"] ?? []);
    this.#layPrompts(places.length);
    this.#layLoras(loras);
    this.#pad.lay(places);
    for (const [address, made] of this.controls) this.#tag(made, mapped[address]);
    for (const [address, values] of this.#values) this.hear(address, values);
  }

  /** A value from the program. */
  hear(address, values) {
    if (address === "/ld/scene") {
      for (const button of this.#scenes.children) button.setAttribute("aria-pressed", String(button.textContent === values[0]));
    }
    const made = this.controls.get(address);
    if (!made) return;
    const value = made.row.types.length > 1 ? values : values[0];
    if (made.hand.hear(value, performance.now())) made.show(value);
  }

  /** What is on show: where the blend is now; with the next look. */
  follow({ path }) {
    this.#heard = path[0]?.slice(1) ?? [];
  }

  /** With a frame: send what was moved here, show what was moved elsewhere. */
  look(now) {
    this.#asked = false;
    for (const made of this.controls.values()) {
      if (made.hand.look(now)) made.show(made.hand.value);
    }
    this.#shares.forEach((share, i) => write(share, `${Math.round((this.#heard[i] ?? 0) * 100)} % heard`));
  }

  #fill(section, keys) {
    const buttons = make("div", { class: "buttons" });
    for (const key of keys) {
      const isSmall = this.#rows.get(key)?.kind === "trigger" || this.#rows.get(key)?.types === "b";
      this.#put(key, isSmall ? buttons : section);
    }
    if (buttons.children.length) section.append(buttons);
  }

  #put(key, place, n) {
    const row = this.#rows.get(key);
    if (!row) return undefined;
    const choices = ["patch", "model", "scene", "seed.image"].includes(key) ? [""] : row.choices;
    return this.#keep(control(row, n, this.#send, this.#moved, choices), place);
  }

  #keep(made, place) {
    place.append(made.element);
    this.controls.set(made.address, made);
    return made;
  }

  #choose(address, names) {
    const made = this.controls.get(address);
    if (!made) return;
    made.choices.splice(0, made.choices.length, ...names);
    made.show(made.hand.value);
  }

  /** A button for each scene; the one that was launched last is lit. */
  #layScenes(names) {
    const buttons = names.map((name) => {
      const button = make("button", { type: "button", "aria-pressed": "false" }, name);
      button.addEventListener("click", () => this.#send("/ld/scene", "s", [name]));
      return button;
    });
    this.#scenes.replaceChildren(...buttons);
  }

  /** Only those that the patch names have a fader, which bears the name. */
  #layLoras(names) {
    LORAS.forEach((key, i) => {
      const made = this.controls.get(`/ld/${key.replaceAll(".", "/")}`);
      if (!made) return;
      made.element.hidden = i >= names.length;
      made.element.querySelector(".name").textContent = names[i] ?? made.name;
      made.element.closest("section").hidden = names.length === 0;
    });
  }

  #layPrompts(count) {
    const there = this.#prompts.querySelectorAll(".prompt").length;
    if (there === count) return;
    for (let n = 1; n <= Math.max(there, count); n++) {
      for (const key of OF_PROMPTS) this.controls.delete(`/ld/${key.replaceAll(".", "/").replace("{n}", n)}`);
    }
    for (const address of [...this.#values.keys()]) {
      const n = Number(/^\/ld\/prompt\/(\d+)\//.exec(address)?.[1] ?? 0);
      if (n > count) this.#values.delete(address);
    }
    this.#shares = [];
    const prompts = Array.from({ length: count }, (_, i) => this.#prompt(i + 1, count > 1));
    this.#prompts.replaceChildren(this.#prompts.querySelector("h2"), ...prompts, this.#add);
  }

  #prompt(n, removable) {
    const element = make("div", { class: "prompt", role: "group", "aria-label": `prompt ${n}` });
    element.style.setProperty("--colour", COLOURS[(n - 1) % COLOURS.length]);
    const head = make("div", { class: "head" });
    element.append(head);
    this.#put("prompt.{n}.text", head, n);
    if (removable) this.#put("prompt.{n}.remove", head, n);
    this.#put("prompt.{n}.weight", element, n);
    this.#shares.push(make("span", { class: "name share" }));
    element.append(this.#shares.at(-1));
    return element;
  }

  /** A line in which one more prompt is typed. */
  #adder() {
    const input = make("input", { type: "text", "aria-label": "another prompt", placeholder: "another prompt", maxlength: "2000" });
    const form = make("form", { class: "line" }, input, make("button", { type: "submit" }, "Add"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const n = this.#prompts.querySelectorAll(".prompt").length + 1;
      if (input.value.trim() && this.#send(`/ld/prompt/${n}/text`, "s", [input.value])) {
        this.#values.set(`/ld/prompt/${n}/text`, [input.value]);
        input.value = "";
      }
    });
    return form;
  }

  /** Say which controllers move a control. */
  #tag({ element }, names) {
    element.querySelector(".mapped")?.remove();
    if (!names?.length) return;
    const tag = make("span", { class: "mapped" }, ` ${names.join("; ")}`);
    (element.querySelector(".name") ?? element).append(tag);
  }

  /** Keys for both hands, where no text is typed. */
  #press(event) {
    const at = event.target, address = KEYS[event.key];
    if (!address || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (at.matches?.("input, select, textarea, [contenteditable]")) return;
    if (event.key === " " && at.matches?.("button, a")) return;
    event.preventDefault();
    const made = this.controls.get(`/ld/${address}`);
    if (made?.row.kind === "trigger") this.#send(made.address, "", []);
    else made?.element.click();
  }

  /** A hand has moved something: it goes with the next frame, however seldom the page is drawn. */
  #moved = () => {
    if (!this.#asked) requestAnimationFrame((now) => this.look(now));
    this.#asked = true;
  };

  mapped = {};
  #asked = false;
  #sections = new Map();
  #place;
  #values;
  #send;
  #rows;
  #prompts;
  #add;
  #pad;
  #shares = [];
  #heard = [];
  #scenes = make("div", { class: "buttons scenes", role: "group", "aria-label": "scenes" });
}
