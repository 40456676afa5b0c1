/** Links that carry a set, and the loop that sounds as a file. */

import { make } from "./controls.js";
import { messages as asMessages, pack, unpack } from "./share.js";

export function setUpSharing(panel, carried, values, send, messages) {
  const field = make("input", { type: "text", readonly: "readonly", "aria-label": "link to this set" });
  const button = make("button", { type: "button" }, "Make a link");
  const row = make("div", { class: "line row" }, field, button);
  button.addEventListener("click", () => {
    field.value = `${location.origin}/#set=${pack(present(values))}`;
    field.select();
    navigator.clipboard?.writeText(field.value).then(
      () => messages.say("The link is copied; it carries prompts, weights, seeds and tempo."),
      () => messages.say("The link is ready to be copied."),
    );
  });
  const files = ["wav", "png"].map((kind) => {
    const words = kind === "wav" ? "This loop as WAV" : "Its spectrogram as PNG";
    const one = make("button", { type: "button" }, words);
    one.addEventListener("click", () => fetchFile(`loop.${kind}`, one, messages));
    return one;
  });
  panel.append(row, make("div", { class: "buttons" }, ...files));
  offer(carried, send);
}

/** Save a file of the program's; where there is none, say why. */
async function fetchFile(name, button, messages) {
  button.disabled = true;
  try {
    const answer = await fetch(`/stage/${name}`);
    if (!answer.ok) return messages.say(await answer.text());
    const address = URL.createObjectURL(await answer.blob());
    make("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  } catch {
    messages.say(`${name} did not come: is the program still there?`);
  } finally {
    button.disabled = false;
  }
}

/** The set as it is. */
function present(values) {
  const prompts = [];
  for (let n = 1; values.has(`/ld/prompt/${n}/text`); n++) {
    prompts.push([values.get(`/ld/prompt/${n}/text`)[0], values.get(`/ld/prompt/${n}/weight`)?.[0] ?? 0]);
  }
  const one = (address, otherwise) => values.get(address)?.[0] ?? otherwise;
  const seed = [one("/ld/seed/a", 0), one("/ld/seed/b", 1), one("/ld/seed/morph", 0)];
  return { prompts, seed, tempo: one("/ld/tempo", 120) };
}

/** What came with the address is played only when somebody says so. */
function offer(carried, send) {
  const text = new URLSearchParams(location.hash.slice(1)).get("set");
  if (!text) return;
  history.replaceState(null, "", location.pathname);
  const set = unpack(text);
  if (!set) {
    carried.textContent = "The link carries no set that can be read.";
    carried.hidden = false;
    return;
  }
  const names = set.prompts.map(([words]) => words).join(", ");
  const take = make("button", { type: "button" }, "Play it"), leave = make("button", { type: "button" }, "Leave it");
  take.addEventListener("click", () => {
    for (const message of asMessages(set)) send(...message);
    carried.hidden = true;
  });
  leave.addEventListener("click", () => (carried.hidden = true));
  carried.append(`The link carries a set: ${names}, at ${set.tempo} bpm. `, take, " ", leave);
  carried.hidden = false;
}
