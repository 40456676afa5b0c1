/** The page: made from the table, moved by whoever plays, drawn once a frame. */

import { SongClock } from "./clock.js";
import { setUpDropping } from "./drop.js";
import { Frames } from "./frames.js";
import { setUpHearing } from "./listen.js";
import { Learn } from "./learn.js";
import { Messages } from "./messages.js";
import { Panels } from "./panels.js";
import { Readouts, write } from "./readouts.js";
import { setUpSharing } from "./sharing.js";
import { Stage } from "./stage.js";
import { Wire } from "./wire.js";

const SUFFERING = ["/ld/out/late", "/ld/out/underruns"]; // that count up
const BEATS_A_BAR = 4;
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
  const readouts = new Readouts($("readouts"), [$("left"), $("right")]);
  const table = await ask("/stage/table");
  const messages = new Messages($("messages"));
  const clock = new SongClock(), stage = new Stage($("stage"), clock);
  const values = new Map(), frames = new Frames();
  let asked = 0;
  const refresh = () => {
    clearTimeout(asked);
    asked = setTimeout(async () => panels.lay(await choices()), 60);
  };
  const wire = new Wire({
    value(address, found) {
      if (SUFFERING.includes(address) && found[0] > values.get(address)?.[0]) frames.suffered();
      values.set(address, found);
      if (address === "/ld/out/error") messages.say(found[0]);
      if (address === "/ld/out/learn") learn.hear(...found);
      if (address.startsWith("/ld/out/")) readouts.hear(address.slice(8), found[0]);
      else {
        frames.busy();
        panels.hear(address, found);
      }
    },
    show(shown) {
      clock.hear(shown, performance.now() / 1000);
      if (shown.rendering && !shown.rendering.idle) frames.busy();
      stage.show(shown);
      readouts.level(...shown.levels.slice(0, 2));
      sayState(shown, readouts);
      panels.follow(shown);
    },
    changed: refresh,
    state(open) {
      write($("link"), open ? "" : AWAY);
      if (!open) return;
      clock.forget();
      refresh();
    },
  });
  const send = (address, types, found) => {
    frames.busy();
    return wire.send(address, types, found);
  };
  const panels = new Panels($("panels"), $("transport"), table, values, send);
  const learn = new Learn($("learning"), panels, send, (sentence) => messages.say(sentence));
  stage.latency = setUpHearing($("listen"), panels.extra("Hear"), messages, $("notice"));
  setUpDropping(panels.extra("Seeds"), send, messages, refresh);
  setUpSharing(panels.extra("Share"), $("carried"), values, send, messages);
  panels.lay(await choices());
  frames.run((now) => {
    panels.look(now);
    readouts.draw(now);
    const beat = Math.max(0, Math.floor(clock.beat(now / 1000)));
    write($("place"), `${Math.floor(beat / BEATS_A_BAR) + 1}.${(beat % BEATS_A_BAR) + 1}`);
    write($("bpm"), clock.pace ? `${(clock.pace * 60).toFixed(1)} bpm` : "stopped");
    return stage.draw(now / 1000);
  });
  window.page = { clock, stage, panels, wire, values, messages, pacer: frames.pacer }; // for those who look into it
}

let counted = {};
function sayState({ away, waiting, osc, midi, inputs, standing }, readouts) {
  const busy = [osc !== counted.osc && "OSC", midi !== counted.midi && "MIDI"].filter(Boolean);
  counted = { osc, midi };
  readouts.hear("comes in", busy.join(" ") || "–");
  readouts.hear("controllers", inputs?.length ? inputs.join(", ") : "none");
  readouts.hear("standing by", String(standing));
  const gone = away.map((name) => `The ${name} is away; it is started again if it does not come back.`).join(" ");
  write($("link"), gone || (waiting ? `Not playing yet: ${waiting}.` : ""));
}

const AWAY =
  "The program does not answer; the music goes on if it only starts its control again. This page goes on by itself.";

begin().catch((error) => {
  $("link").textContent = error.message;
});
