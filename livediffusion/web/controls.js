/** Controls, made from rows of the table: a fader, a switch, a button, a chooser or a line of text. */

import { Hand } from "./hand.js";
import { isTyped, place, said, title, valueAt } from "./scale.js";

const FINE = 0.1; // with Shift
const SLACK = 6; // pixels that a finger may move before it means the fader
const STEPS = 200; // of a fader by keys

/** An element with attributes, properties and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * The control of a row: {element, hand, show, address, row}. `send(address, types, values)`;
 * `moved()` when a hand has moved it, which is sent with the next frame.
 */
export function control(row, n, send, moved, choices = row.choices) {
  const address = row.address.replace("{n}", n);
  const hand = new Hand((value) => send(address, row.types || row.optional[0] || "", [value].flat()), moved);
  const name = row.types === "f" && n ? `weight of prompt ${n}` : title(row, n);
  const made = { row, address, hand, name, choices };
  const build = builder(row, choices);
  const { element, show } = build(made, send);
  element.classList.add("control");
  element.dataset.address = address;
  element.title = row.help;
  return Object.assign(made, { element, show: (value) => show(value) });
}

function builder(row, choices) {
  if (row.kind === "trigger") return row.key.includes("{n}") ? remover : trigger;
  if (row.kind === "request") return row.types === "f" ? nudge : request;
  if (row.types === "b") return toggle;
  if (row.types === "s") return choices?.length ? chooser : line;
  return isTyped(row) ? figure : fader;
}

function fader(made) {
  const { row, hand, name } = made;
  const steps = row.types === "i" ? row.high - row.low : STEPS;
  const input = make("input", { type: "range", min: "0", max: String(steps), "aria-label": name });
  const words = make("output", { "aria-hidden": "true" });
  const track = make("div", { class: "track" }, make("div", { class: "fill" }), input);
  const element = make("div", { class: "fader" }, make("span", { class: "name" }, name), words, track);
  const show = (value) => {
    const at = typeof value === "number" ? place(row, value) : 0;
    input.value = String(at * steps);
    input.setAttribute("aria-valuetext", said(row, value));
    words.textContent = said(row, value);
    track.style.setProperty("--at", String(at));
  };
  const move = (at) => {
    hand.move(valueAt(row, at), performance.now());
    show(hand.value);
  };
  input.addEventListener("input", () => move(Number(input.value) / steps));
  slide(track, () => place(row, hand.value ?? row.default ?? row.low), move, hand);
  track.addEventListener("dblclick", () => row.default !== null && move(place(row, row.default)));
  show(undefined);
  return { element, show };
}

/** Drag: a mouse takes the fader where it is pressed, a finger moves it from where it stands. */
function slide(track, at, move, hand) {
  let begun = null;
  track.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    track.setPointerCapture(event.pointerId);
    const isMouse = event.pointerType === "mouse";
    begun = { id: event.pointerId, x: event.clientX, from: at(), moving: isMouse };
    hand.take();
    track.querySelector("input").focus({ preventScroll: true });
    if (isMouse && !event.shiftKey) {
      const box = track.getBoundingClientRect();
      begun.from = (event.clientX - box.left) / box.width;
      move(Math.min(1, Math.max(0, begun.from)));
    }
    if (isMouse) event.preventDefault();
  });
  track.addEventListener("pointermove", (event) => {
    if (event.pointerId !== begun?.id) return;
    const far = event.clientX - begun.x;
    if (!begun.moving && Math.abs(far) < SLACK) return;
    begun.moving = true;
    const share = (far / track.clientWidth) * (event.shiftKey ? FINE : 1);
    move(Math.min(1, Math.max(0, begun.from + share)));
  });
  const end = (event) => {
    if (event.pointerId !== begun?.id) return;
    begun = null;
    hand.release(performance.now());
  };
  track.addEventListener("pointerup", end);
  track.addEventListener("pointercancel", end);
}

function toggle({ hand, name }) {
  const element = make("button", { type: "button", class: "toggle", "aria-pressed": "false" }, name);
  const show = (value) => element.setAttribute("aria-pressed", String(Boolean(value)));
  element.addEventListener("click", () => {
    hand.move(element.getAttribute("aria-pressed") !== "true", performance.now());
    show(hand.value);
  });
  return { element, show };
}

function trigger({ address, name }, send) {
  const element = make("button", { type: "button" }, name);
  element.addEventListener("pointerdown", (event) => event.button || send(address, "", []));
  element.addEventListener("click", (event) => event.detail || send(address, "", [])); // by key
  return { element, show() {} };
}

/** Takes something out: a click and no touch, which may be meant to scroll. */
function remover({ row, address, name }, send) {
  const element = make("button", { type: "button", class: "remover", "aria-label": name }, "×");
  element.addEventListener("click", () => send(address, "", []));
  return { element, show() {} };
}

function chooser({ hand, name, choices }) {
  const select = make("select", { "aria-label": name });
  const show = (value) => {
    const known = [...choices];
    if (value !== undefined && !known.includes(value)) known.unshift(value); // "": none yet
    select.replaceChildren(...known.map((one) => make("option", { value: String(one) }, one || "–")));
    select.value = value ?? "";
  };
  select.addEventListener("change", () => hand.move(select.value, performance.now()));
  show(undefined);
  return { element: make("label", { class: "chooser" }, make("span", { class: "name" }, name), select), show };
}

/** A line of text: what is typed counts when it is entered or left; Escape takes it back. */
function line({ hand, name }) {
  const input = make("input", { type: "text", "aria-label": name, maxlength: "2000", autocomplete: "off" });
  let shown = "";
  const show = (value) => (input.value = shown = value ?? "");
  const done = () => {
    if (hand.held && input.value !== shown) hand.move((shown = input.value), performance.now());
    hand.release(performance.now());
  };
  input.addEventListener("input", () => hand.take());
  input.addEventListener("change", done);
  input.addEventListener("blur", done);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") done();
    if (event.key === "Escape") show(shown);
  });
  return { element: make("label", { class: "line" }, make("span", { class: "name" }, name), input), show };
}

function figure({ row, hand, name }) {
  const limits = { min: String(row.low), max: String(row.high), step: row.types === "i" ? "1" : "any" };
  const input = make("input", { type: "number", inputmode: "numeric", "aria-label": name, ...limits });
  const dice = make("button", { type: "button", "aria-label": `${name}: any other` }, "⚄");
  const show = (value) => (input.value = value ?? "");
  const move = (value) => {
    hand.move(Math.min(row.high, Math.max(row.low, value)), performance.now());
    show(hand.value);
  };
  input.addEventListener("focus", () => hand.take());
  input.addEventListener("change", () => input.value !== "" && move(Math.round(Number(input.value))));
  input.addEventListener("blur", () => hand.release(performance.now()));
  dice.addEventListener("click", () => move(Math.floor(Math.random() * 100000)));
  const element = make("div", { class: "figure" }, make("span", { class: "name" }, name), input, dice);
  return { element, show };
}

/** Something that is asked for with a word. */
function request({ row, address, name }, send) {
  const input = make("input", { type: "text", "aria-label": name, maxlength: "200", autocomplete: "off" });
  const button = make("button", { type: "submit" }, title(row).split(" ").at(-1));
  const element = make("form", { class: "line" }, make("span", { class: "name" }, name), input, button);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (send(address, "s", [input.value])) input.value = "";
  });
  return { element, show() {} };
}

/** Something that is moved by so much. */
function nudge({ address, name }, send) {
  const by = (amount, sign) => {
    const button = make("button", { type: "button", "aria-label": `${name} ${sign}` }, sign);
    button.addEventListener("click", () => send(address, "f", [amount]));
    return button;
  };
  const buttons = [by(-0.02, "−0.02 beats"), by(0.02, "+0.02 beats")];
  return { element: make("div", { class: "line" }, make("span", { class: "name" }, name), ...buttons), show() {} };
}
