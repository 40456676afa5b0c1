/** The xy pad over the prompts' places: a finger, a mouse, or two hidden faders for keys. */

import { make } from "./controls.js";
import { Hand } from "./hand.js";
import { COLOURS } from "./stage.js";

export function pad(row, send, moved) {
  const hand = new Hand((value) => send(row.address, "ff", value), moved);
  const axis = (name) => make("input", { type: "range", min: "0", max: "100", class: "axis", "aria-label": name });
  const x = axis("pad, from left to right"), y = axis("pad, from bottom to top");
  const puck = make("div", { class: "puck" }), places = make("div", { class: "places", "aria-hidden": "true" });
  const area = make("div", { class: "area" }, places, puck);
  const group = { class: "pad control", role: "group", "aria-label": "pad over the prompts", title: row.help };
  const element = make("div", group, area, x, y);
  element.dataset.address = row.address;
  const put = (thing, [across, up]) => {
    thing.style.left = `${across * 100}%`;
    thing.style.top = `${(1 - up) * 100}%`;
  };
  const show = (value) => {
    if (!Array.isArray(value)) return;
    put(puck, value);
    [x.value, y.value] = value.map((at) => String(Math.round(at * 100)));
  };
  const move = (value) => {
    hand.move(value.map((at) => Math.min(1, Math.max(0, at))), performance.now());
    show(hand.value);
  };
  for (const input of [x, y]) {
    input.addEventListener("input", () => move([x.value / 100, y.value / 100]));
  }
  let finger = null;
  const follow = (event) => {
    if (event.pointerId !== finger) return;
    const box = area.getBoundingClientRect();
    move([(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height]);
  };
  const end = (event) => {
    if (event.pointerId !== finger) return;
    finger = null;
    hand.release(performance.now());
  };
  area.addEventListener("pointerdown", (event) => {
    if (finger !== null || event.button) return;
    finger = event.pointerId;
    area.setPointerCapture(finger);
    hand.take();
    follow(event);
  });
  area.addEventListener("pointermove", follow);
  area.addEventListener("pointerup", end);
  area.addEventListener("pointercancel", end);
  /** Show where the prompts lie. */
  const lay = (found) => {
    places.replaceChildren(
      ...found.map((place, i) => {
        const mark = make("span", { class: "place" }, String(i + 1));
        mark.style.color = COLOURS[i % COLOURS.length];
        put(mark, place.map((at) => Math.min(0.96, Math.max(0.04, at)))); // whole, at the edge too
        return mark;
      }),
    );
  };
  return { row, address: row.address, name: "pad", hand, element, show, lay, choices: [] };
}
