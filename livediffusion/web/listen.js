/** The Listen button and its settings. */

import { make } from "./controls.js";
import { Ear } from "./hear.js";
import { SHARED } from "./machine.js";

const BUFFERS = [60, 100, 200, 400, 1000, 2000]; // ms

/** Returns a function that says how many seconds later than the program the ear is. */
export function setUpHearing(button, panel, messages, notice) {
  const option = (value, words) => make("option", { value: String(value) }, words);
  const buffer = make("select", { "aria-label": "buffer" }, ...BUFFERS.map((ms) => option(ms, `${ms} ms`)));
  const format = make("select", { "aria-label": "sound sent as" }, option("float", "exact (float)"), option("int16", "16 bits, half the data"));
  const figures = make("output", { class: "name" });
  buffer.value = "200";
  format.value = SHARED ? "float" : "int16";
  const labelled = (words, field) => make("label", { class: "chooser row" }, make("span", { class: "name" }, words), field);
  panel.append(labelled("buffer", buffer), labelled("sent as", format), figures);
  const ear = new Ear(({ state, sentence, figures: found }) => {
    if (found) figures.textContent = described(found);
    if (state === undefined) return;
    button.dataset.state = state;
    button.setAttribute("aria-pressed", String(state === "on" || state === "lost"));
    notice.textContent = sentence;
    notice.hidden = !sentence;
  });
  button.addEventListener("click", () => {
    if (!ear.on) {
      ear.start(Number(buffer.value), format.value).catch((error) => {
        ear.stop();
        messages.say(`This browser cannot play the sound: ${error.message}.`);
      });
    } else if (button.dataset.state === "blocked") {
      ear.resume();
    } else {
      ear.stop();
    }
  });
  buffer.addEventListener("change", () => ear.on && ear.keep(Number(buffer.value)));
  format.addEventListener("change", () => {
    if (!ear.on) return;
    ear.stop();
    ear.start(Number(buffer.value), format.value);
  });
  window.ear = ear; // for those who look into it
  return () => (ear.on && button.dataset.state === "on" ? ear.latency : 0);
}

function described({ ahead, underruns, slides, jumps, exact }) {
  const mended = `${underruns} gaps, ${slides} corrections, ${jumps} jumps`;
  return `${Math.round(ahead / 48)} ms in the buffer; ${mended}; ${Math.floor(exact / 48000)} s untouched`;
}
