// livediffusion from Node.js: npm install osc, then node livediffusion.js
// Made by scripts/make-clients from the parameter table; edit that instead.
const osc = require("osc");

// address: [types, lowest, highest, what it does]
const TABLE = {
  "/ld/prompt/{n}/text":   ["s", null, null, "what prompt n says"],
  "/ld/prompt/{n}/weight": ["f", 0, 1, "how much of prompt n is in the blend (0 to 1)"],
  "/ld/prompt/{n}/remove": ["", null, null, "take prompt n out; those after it move up"],
  "/ld/blend":             ["f*", 0, 1, "all weights at once; missing ones are 0 (0 to 1)"],
  "/ld/xy":                ["ff", 0, 1, "a pad over the prompts' positions; sets the weights (0 to 1)"],
  "/ld/seed/a":            ["i", 0, 2147483647, "the seed at morph 0 (0 to 2147483647)"],
  "/ld/seed/b":            ["i", 0, 2147483647, "the seed at morph 1 (0 to 2147483647)"],
  "/ld/seed/morph":        ["f", 0, 1, "from seed a to seed b (0 to 1)"],
  "/ld/seed/image":        ["s", null, null, "play over a seed image: its name, no path; empty for none"],
  "/ld/drift":             ["f", 0, 1, "added to the morph each loop; past 1 it walks on to the next seed (0 to 1 a loop)"],
  "/ld/negative":          ["s", null, null, "what to stay away from"],
  "/ld/guidance":          ["f", 0, 20, "how strictly the prompts are followed; the model's own unless set (0 to 20)"],
  "/ld/strength":          ["f", 0, 1, "how far from the seed image; without one it does nothing (0 to 1)"],
  "/ld/steps":             ["i", 1, 100, "denoising steps; the model's own unless set (1 to 100)"],
  "/ld/lora/1/weight":     ["f", 0, 1, "how much of the patch's LoRA 1; without one it does nothing (0 to 1)"],
  "/ld/lora/2/weight":     ["f", 0, 1, "how much of the patch's LoRA 2; without one it does nothing (0 to 1)"],
  "/ld/lora/3/weight":     ["f", 0, 1, "how much of the patch's LoRA 3; without one it does nothing (0 to 1)"],
  "/ld/lora/4/weight":     ["f", 0, 1, "how much of the patch's LoRA 4; without one it does nothing (0 to 1)"],
  "/ld/glide":             ["f", 0, 64, "how long a change takes (0 to 64 beats)"],
  "/ld/fade":              ["f", 1, 2000, "how long one loop fades into the next (1 to 2000 ms)"],
  "/ld/lean":              ["f", 0, 1, "how far the sound leans to loops that are ready while a new blend is rendered; 0 waits for the blend itself (0 to 1)"],
  "/ld/quantise":          ["s", null, null, "where a change may be heard (off, beat, bar or loop)"],
  "/ld/tempo":             ["f", 20, 300, "the loop is bent to it at once, and the exact one follows; while a clock leads, its own counts (20 to 300 bpm)"],
  "/ld/tap":               ["", null, null, "tap the tempo, from the third tap on; two seconds without one begin anew"],
  "/ld/nudge":             ["f", -16, 16, "move the song by so many beats, against a clock that leads too (-16 to 16 beats)"],
  "/ld/clock/source":      ["s", null, null, "who leads the time (internal, midi or link)"],
  "/ld/clock/offset":      ["f", -1000, 1000, "how much later than the clock that leads the song is heard (-1000 to 1000 ms)"],
  "/ld/patch":             ["s", null, null, "load a patch: its name in the patches folder, no paths"],
  "/ld/model":             ["s", null, null, "play on with another model: a name from [models] in the config, no paths"],
  "/ld/scene":             ["s[f]", 0, 256, "launch a scene, by name or by number from 1, at the next place that the quantise allows; the float is how long it takes, else its own glide, else /ld/glide (0 to 256 beats)"],
  "/ld/scene/next":        ["", null, null, "launch the next scene, round and round"],
  "/ld/scene/save":        ["s", null, null, "save the present state in the patch file, as a scene of this name"],
  "/ld/hold":              ["b", null, null, "swaps wait; the newest is taken on release"],
  "/ld/mute":              ["b", null, null, "silence; time runs on"],
  "/ld/gain":              ["f", -60, 6, "volume (-60 to 6 dB)"],
  "/ld/filter":            ["f", -1, 1, "low-pass below 0, high-pass above (-1 to 1)"],
  "/ld/bank":              ["i", 1, 16, "which bank of MIDI mappings is live (1 to 16)"],
  "/ld/record":            ["b", null, null, "record the performance: sound, and all that is needed to play it again"],
  "/ld/mark":              ["[s]", null, null, "put a marker into the recording"],
  "/ld/play":              ["", null, null, "start; after panic, at the next bar"],
  "/ld/stop":              ["", null, null, "fade out, back to beat 0"],
  "/ld/panic":             ["", null, null, "silence in 50 ms; time runs on"],
  "/ld/undo":              ["", null, null, "back to the values before the last gesture, scene or patch; 32 deep"],
  "/ld/state":             ["", null, null, "the sender gets every value"],
  "/ld/subscribe":         ["[i][s]", 1, 65535, "feedback on change to this port of the sender, or of a host that is allowed; without a port, back the way it came; 16 at most (1 to 65535)"],
  "/ld/unsubscribe":       ["[i][s]", 1, 65535, "no more feedback there (1 to 65535)"],
  "/ld/learn":             ["s", null, null, "the next control that moves is mapped to this address; * for the next address that is touched, empty to stop"],
  "/ld/unlearn":           ["s", null, null, "no control moves this address any more"],
  "/ld/audio/device":      ["s", null, null, "go over to another output: a device's name, part of it or its number, null for nowhere, empty for the system's default; no files"],
  "/ld/out/beat":          ["f", null, null, "song beat that sounds (beats)"],
  "/ld/out/bar":           ["i", null, null, "bar that sounds, from 1 (bars)"],
  "/ld/out/tempo":         ["f", null, null, "tempo that sounds (bpm)"],
  "/ld/out/clock":         ["s", null, null, "who leads the time, and how that goes: midi: locked"],
  "/ld/out/eta":           ["f", null, null, "when the newest change will be heard (beats)"],
  "/ld/out/lead":          ["f", null, null, "how far ahead loops are ready (beats)"],
  "/ld/out/render_ms":     ["f", null, null, "how long the last render took (ms)"],
  "/ld/out/level":         ["f", null, null, "peak level (dBFS)"],
  "/ld/out/late":          ["i", null, null, "loops that were not ready in time"],
  "/ld/out/underruns":     ["i", null, null, "times that the audio device went hungry"],
  "/ld/out/output":        ["s", null, null, "where the sound goes"],
  "/ld/out/restarts":      ["i", null, null, "times that a process of the program was started again"],
  "/ld/out/refused":       ["i", null, null, "messages that were refused"],
  "/ld/out/recording":     ["i", null, null, "how much is recorded; 0 while nothing is (s)"],
  "/ld/out/learn":         ["ss", null, null, "how learning goes: a word and a sentence"],
  "/ld/out/drops":         ["i", null, null, "OSC packets lost because they came faster than they could be read"],
  "/ld/out/error":         ["s", null, null, "what was refused, and what to do"],
};

// Call back ready({ send, sendAt, close }) once there is a socket, heard(address, values) for all
// feedback: it comes back to this socket.
function connect({ host = "127.0.0.1", port = 7770, ready, heard }) {
  const udp = new osc.UDPPort({
    localAddress: "0.0.0.0", localPort: 0, remoteAddress: host, remotePort: port,
  });
  const message = (address, values) => ({ address, args: values.map(typed) });
  const send = (address, ...values) => udp.send(message(address, values));
  const sendAt = (seconds, ...messages) => udp.send({
    timeTag: osc.timeTag(seconds),
    packets: messages.map(([address, ...values]) => message(address, values)),
  });
  const close = () => {
    send("/ld/unsubscribe");
    setTimeout(() => udp.close(), 100);
  };
  udp.on("message", ({ address, args }) => heard(address, args));
  udp.on("error", (error) => console.error(error.message));
  udp.on("ready", () => {
    send("/ld/subscribe");
    ready({ send, sendAt, close });
  });
  udp.open();
}

function typed(value) {
  return { type: typeof value === "string" ? "s" : "f", value };
}

module.exports = { TABLE, connect };

if (require.main === module) {
  const [host, port] = process.argv.slice(2);
  connect({
    host, port: port && Number(port), heard: (address, values) => console.log(address, ...values),
    ready: (ld) => {
      ld.send("/ld/filter", -0.3); // a little darker
      ld.sendAt(2, ["/ld/filter", 0]); // and in two seconds as before
      setTimeout(ld.close, 5000);
    },
  });
}
