/** A sound or a spectrogram from this machine as the seed image: dropped anywhere, or chosen. */

import { make } from "./controls.js";

const TAKEN = ".wav,.flac,.mp3,.ogg,.png,.jpg,.jpeg";
const MOST = 32 << 20; // bytes, as the program takes them

/** `fresh` is called when there is one more image to choose. */
export function setUpDropping(panel, send, messages, fresh) {
  const input = make("input", { type: "file", accept: TAKEN, "aria-label": "sound or spectrogram", hidden: true });
  const button = make("button", { type: "button" }, "Seed from a file …");
  const said = make("output", { class: "name" });
  panel.append(make("div", { class: "buttons" }, button, input), said);
  const tell = (sentence) => {
    said.textContent = sentence;
    messages.say(sentence);
  };
  const take = async (file) => {
    if (!file || button.disabled) return;
    button.disabled = true;
    said.textContent = `${file.name} is being drawn.`;
    try {
      const { name, said: taken } = await upload(file);
      send("/ld/seed/image", "s", [name]);
      fresh();
      tell(`${name} is the seed image. ${taken}`);
    } catch (error) {
      tell(`${file.name} was not taken: ${error.message}`);
    } finally {
      button.disabled = false;
    }
  };
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take(input.files[0]);
    input.value = "";
  });
  listen(take);
}

/** {name, said} of a file that was taken; throws an Error with a sentence. */
async function upload(file) {
  if (file.size > MOST) throw new Error(`At most ${MOST >> 20} MB.`);
  const address = `/stage/seed?name=${encodeURIComponent(file.name)}`;
  const answer = await fetch(address, { method: "POST", body: file }).catch(() => null);
  if (!answer) throw new Error("The program does not answer.");
  const text = await answer.text();
  if (!answer.headers.get("content-type")?.includes("json")) throw new Error(text);
  const told = JSON.parse(text);
  if (!answer.ok) throw new Error(told.error);
  return told;
}

/** Show where files may be dropped while they are carried over the page, and take the first. */
function listen(take) {
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  const light = (on) => document.body.classList.toggle("dropping", on);
  document.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    light(true);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget || light(false));
  document.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    light(false);
    take(event.dataTransfer.files[0]);
  });
}
