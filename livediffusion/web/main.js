/** The page: made from the table, moved by whoever plays, drawn once a frame. */

import { SongClock } from "./clock.js";
import { make } from "./controls.js";
import { setUpDropping } from "./drop.js";
import { setUpHearing } from "./listen.js";
import { Learn } from "./learn.js";
import { Messages } from "./messages.js";
import { Panels } from "./panels.js";
import { setUpSharing } from "./sharing.js";
import { Stage } from "./stage.js";
import { Wire } from "./wire.js";

const READOUTS = [
  ["eta", "change in"], ["lead", "lead"], ["render_ms", "render"], ["late", "late"],
  ["underruns", "underruns"], ["restarts", "restarts"], ["output", "output"], ["clock", "clock"],
  ["recording", "recorded"], ["drops", "lost"], ["refused", "refused"],
  ["comes in", "comes in"], ["controllers", "controllers"], ["standing by", "stand by"],
];
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const $ = (id) => document.getElementById(id);

/** Hand in the key that came with the address, and take it out of there. */
async function enter() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!found) return;
  history.replaceState(null, "", location.pathname);
  const answer = await fetch("/stage/enter", { method: "POST", body: JSON.stringify({ token: found }) });
  if (!answer.ok) throw new Error((await answer.json()).error);
}

async function ask(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** What the table cannot know; patient, as the program may be starting again. */
async function choices() {
  for (;;) {
    try {
      return await ask("/stage/choices");
    } catch {
      await new Promise((done) => setTimeout(done, 500));
    }
  }
}

async function begin() {
  await enter();
  for (const [name] of READOUTS) readOut(name, "–");
  const table = await ask("/stage/table");
  const messages = new Messages($("messages"));
  const clock = new SongClock(), stage = new Stage($("stage"), clock);
  const values = new Map();
  let asked = 0;
  const refresh = () => {
    clearTimeout(asked);
    asked = setTimeout(async () => panels.lay(await choices()), 60);
  };
  const wire = new Wire({
    value(address, found) {
      values.set(address, found);
      if (address === "/ld/out/error") messages.say(found[0]);
      if (address === "/ld/out/learn") learn.hear(...found);
      if (address.startsWith("/ld/out/")) readOut(address.slice(8), found[0]);
      else panels.hear(address, found);
    },
    show(shown) {
      clock.hear(shown, performance.now() / 1000);
      stage.show(shown);
      showLevels(shown.levels);
      sayState(shown);
      panels.follow(shown);
    },
    changed: refresh,
    state(open) {
      $("link").textContent = open ? "" : AWAY;
      if (!open) return;
      clock.forget();
      refresh();
    },
  });
  const send = (address, types, found) => wire.send(address, types, found);
  const panels = new Panels($("panels"), $("transport"), table, values, send);
  const learn = new Learn($("learning"), panels, send, (sentence) => messages.say(sentence));
  stage.latency = setUpHearing($("listen"), panels.extra("Hear"), messages, $("notice"));
  setUpDropping(panels.extra("Seeds"), send, messages, refresh);
  setUpSharing(panels.extra("Share"), $("carried"), values, send, messages);
  panels.lay(await choices());
  const draw = () => {
    requestAnimationFrame(draw);
    panels.look(performance.now());
    if (document.hidden || (CALM.matches && performance.now() % 250 > 20)) return;
    const now = performance.now() / 1000;
    stage.draw(now);
    showPlace(clock.beat(now), clock.pace);
  };
  draw();
  window.page = { clock, stage, panels, wire, values, messages }; // for those who look into it
}

function showPlace(beat, pace) {
  const whole = Math.max(0, Math.floor(beat));
  const place = `${Math.floor(whole / 4) + 1}.${(whole % 4) + 1}`;
  if ($("place").textContent !== place) $("place").textContent = place;
  const bpm = pace ? `${(pace * 60).toFixed(1)} bpm` : "stopped";
  if ($("bpm").textContent !== bpm) $("bpm").textContent = bpm;
}

function readOut(name, value) {
  const row = READOUTS.find(([key]) => key === name);
  if (!row) return;
  let figure = document.querySelector(`#readouts [data-name="${name}"]`);
  if (!figure) {
    figure = make("dd");
    figure.dataset.name = name;
    $("readouts").append(make("div", {}, make("dt", {}, row[1]), figure));
  }
  const words = {
    eta: (x) => (x > 0 ? `${x.toFixed(1)} beats` : "settled"),
    lead: (x) => `${x.toFixed(1)} beats`,
    render_ms: (x) => `${x.toFixed(0)} ms`,
    recording: (x) => `${x} s`,
  };
  figure.textContent = typeof value === "number" && words[name] ? words[name](value) : String(value);
}

function showLevels([left, right]) {
  const share = (level) => `${Math.min(100, Math.max(0, ((level + 48) / 48) * 100))}%`;
  $("left").style.setProperty("--level", share(left));
  $("right").style.setProperty("--level", share(right));
}

let counted = {};
function sayState({ away, waiting, osc, midi, inputs, standing }) {
  const busy = [osc !== counted.osc && "OSC", midi !== counted.midi && "MIDI"].filter(Boolean);
  counted = { osc, midi };
  readOut("comes in", busy.join(" ") || "–");
  readOut("controllers", inputs?.length ? inputs.join(", ") : "none");
  readOut("standing by", String(standing));
  const gone = away.map((name) => `The ${name} is away; it is started again if it does not come back.`).join(" ");
  $("link").textContent = gone || (waiting ? `Not playing yet: ${waiting}.` : "");
}

const AWAY =
  "The program does not answer; the music goes on if it only starts its control again. This page goes on by itself.";

begin().catch((error) => {
  $("link").textContent = error.message;
});
