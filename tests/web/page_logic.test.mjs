// The page's pure modules, by node's own test runner.

import assert from "node:assert/strict";
import { test } from "node:test";

const web = new URL("../../livediffusion/web/", import.meta.url);
const load = (name) => import(new URL(name, web));
const { decode, encode } = await load("osc.js");
const { Hand, REST } = await load("hand.js");
const { SongClock } = await load("clock.js");
const { Pacer } = await load("pace.js");
const { Reel } = await load("reel.js");
const { unpack: unpackSound } = await load("packet.js");
const { place, valueAt, said } = await load("scale.js");
const { Path, rounds, stretches } = await load("timeline.js");
const { messages, pack, unpack } = await load("share.js");

test("OSC messages come back as they were", () => {
  const values = ["dub 🌫️", -7, 0.25, true, false];
  const packet = encode("/ld/x", "sifbb", values);
  assert.equal(packet.length % 4, 0);
  assert.deepEqual(decode(packet.buffer), ["/ld/x", values]);
  assert.deepEqual([...encode("/a", "", [])], [47, 97, 0, 0, 44, 0, 0, 0]);
  assert.throws(() => decode(new Uint8Array([47, 97]).buffer), RangeError);
});

test("a hand that moves is not fought, and the newest shows once it rests", () => {
  const sent = [];
  const hand = new Hand((value) => sent.push(value) > 0);
  assert.ok(hand.hear(0.1, 0));
  hand.take();
  hand.move(0.5, 10);
  hand.move(0.6, 12);
  assert.ok(!hand.hear(0.2, 20) && !hand.look(20));
  assert.deepEqual(sent, [0.6], "once a frame, the last state");
  hand.release(30);
  assert.ok(!hand.look(30 + REST - 1) && hand.value === 0.6);
  assert.ok(hand.look(30 + REST) && hand.value === 0.2);
  assert.ok(hand.hear(0.3, 600) && hand.value === 0.3);
});

test("a hand says when there is something to send", () => {
  let moves = 0;
  const hand = new Hand(() => true, () => moves++);
  hand.hear(0.1, 0);
  hand.take();
  assert.equal(moves, 0);
  hand.move(0.5, 10);
  assert.equal(moves, 1);
});

test("what cannot be sent is sent later", () => {
  let open = false;
  const sent = [];
  const hand = new Hand((value) => open && sent.push(value) > 0);
  hand.move(1, 0);
  hand.look(1);
  open = true;
  hand.look(2);
  hand.look(3);
  assert.deepEqual(sent, [1]);
});

test("the song clock goes by the least delayed word and does not run backwards", () => {
  const clock = new SongClock();
  let last = -1;
  for (let i = 0; i < 200; i++) {
    const at = i * 0.1, delay = [0.003, 0.04, 0.011][i % 3];
    clock.hear({ beat: at * 2, clock: at + 50, pace: 2 }, at + delay);
    const beat = clock.beat(at + delay);
    assert.ok(beat >= last);
    last = beat;
  }
  assert.ok(Math.abs(clock.beat(20.0) - 2 * (20.0 - 0.003)) < 0.02);
});

/** A reel fed in pieces of `piece` frames, `ahead` frames before they are played. */
function played(reel, from, count, { piece = 480, lost = () => false, faster = 0 } = {}) {
  const out = [];
  let fed = from, owed = 0;
  const feed = (until) => {
    for (; fed + piece <= until; fed += piece) {
      const samples = Float32Array.from({ length: piece * 2 }, (_, i) => fed + (i >> 1));
      if (!lost(fed)) reel.put(fed, samples);
    }
  };
  feed(from + reel.buffer);
  for (let done = 0; done < count; done += 128) {
    owed += 128 * (1 + faster);
    feed(from + reel.buffer + owed);
    const left = new Float32Array(128), right = new Float32Array(128);
    reel.play(left, right);
    assert.deepEqual(left, right);
    out.push(...left);
  }
  return out;
}

test("the reel passes samples through as they are", () => {
  const reel = new Reel(4800);
  const out = played(reel, 96000, 480000);
  out.forEach((value, i) => value === 96000 + i || assert.fail(`${i}: ${value}`));
  assert.deepEqual([reel.underruns, reel.slides, reel.jumps, reel.exact], [0, 0, 0, 480000]);
});

test("what is lost is silence of its own length, and what follows is in its place", () => {
  const reel = new Reel(4800);
  const out = played(reel, 0, 96000, { lost: (frame) => frame >= 48000 && frame < 52800 });
  assert.equal(out[47999], 47999);
  assert.ok(out.slice(48000, 52800).every((value) => value === 0));
  assert.equal(out[60000], 60000);
  assert.equal(reel.underruns, 1);
  assert.ok(reel.exact <= 96000 - 52800 && reel.exact > 96000 - 52800 - 512, "untouched since then");
});

test("a large buffer is left alone where a small one must follow", () => {
  const [small, large] = [9600, 96000].map((buffer) => {
    const reel = new Reel(buffer);
    played(reel, 0, 48000 * 40, { faster: 0.0005 });
    return reel;
  });
  assert.ok(small.slides >= 1 && large.slides === 0);
  assert.equal(large.exact, 48000 * 40);
});

test("a clock that drifts is followed smoothly, and the reel is exact again afterwards", () => {
  const reel = new Reel(9600);
  const out = played(reel, 0, 48000 * 40, { faster: 0.0005 });
  assert.ok(reel.slides >= 1 && reel.jumps === 0 && reel.underruns === 0);
  const steps = out.slice(1).map((value, i) => value - out[i]);
  assert.ok(steps.every((step) => step > 0.7 && step < 1.3), "no jump, no click"); // floats are coarse here
  assert.ok(reel.ahead < 9600 + 2000);
});

test("a reel that was far behind jumps to where it should be", () => {
  const reel = new Reel(4800);
  for (let frame = 0; frame < 96000; frame += 4800) {
    reel.put(frame, Float32Array.from({ length: 9600 }, (_, i) => frame + (i >> 1)));
  }
  const left = new Float32Array(128), right = new Float32Array(128);
  reel.play(left, right);
  assert.deepEqual([left[0], reel.jumps], [91200, 1]);
});

test("packets hold floats as they are and 16 bits as fractions", () => {
  const bytes = new DataView(new ArrayBuffer(20));
  bytes.setBigUint64(0, 7n, true);
  bytes.setUint16(14, 2, true);
  bytes.setInt16(16, 32767, true);
  bytes.setInt16(18, -32767, true);
  const { frame, samples } = unpackSound(bytes.buffer);
  assert.deepEqual([frame, ...samples], [7, 1, -1]);
});

test("faders give back what they were given, and words have units", () => {
  for (const key of ["gain", "drift", "glide"]) {
    const row = { key, types: "f", low: -4, high: 60, unit: "dB" };
    for (const value of [-4, 0, 3.5, 60]) assert.ok(Math.abs(valueAt(row, place(row, value)) - value) < 1e-9);
  }
  assert.equal(said({ types: "f", unit: "dB" }, -6.04), "-6 dB");
  assert.equal(said({ types: "i", unit: "" }, undefined), "the model's own");
});

test("stretches follow one another, and those that wait are told apart", () => {
  const loops = [{ key: "a", beats: 8, since: 0 }, { key: "b", beats: 8, since: 12 }];
  const found = stretches(loops, [{ key: "c", beats: 8, due: 20 }], 10, 30);
  assert.deepEqual(found.map(({ key, from, to, queued }) => [key, from, to, queued]), [
    ["a", 10, 12, false], ["b", 12, 20, false], ["c", 20, 30, true],
  ]);
  assert.deepEqual(rounds({ from: 10, to: 18, beats: 8 }), [
    { from: 10, to: 16, at: 0.25 }, { from: 16, to: 18, at: 0 },
  ]);
  assert.deepEqual(stretches([], [], 0, 8), []);
});

test("the blend's way keeps what was and replaces what was planned", () => {
  const path = new Path();
  path.hear([[0, 1], [4, 0.5], [8, 0]], 32);
  path.hear([[5, 0.4], [6, 0.4]], 32);
  assert.deepEqual(path.points.map(([beat]) => beat), [0, 4, 5, 6]);
});

test("of a path only what differs from what was planned is news", () => {
  const path = new Path();
  assert.ok(path.hear([[0, 1, 0], [4, 0, 1]], 32));
  assert.ok(!path.hear([[1, 0.75, 0.25], [2, 0.5, 0.5], [4, 0, 1]], 32));
  assert.ok(!path.hear([[3, 0.25, 0.75], [4, 0, 1]], 32), "it goes on as was said");
  assert.ok(path.hear([[3.5, 0.125, 0.875]], 32), "it stops half way");
  for (let beat = 4; beat < 400; beat++) assert.ok(!path.hear([[beat, 0.125, 0.875]], 32), "it rests");
  assert.equal(path.points.length, 1, "and nothing is piled up");
  assert.ok(path.hear([[400, 0.1, 0.8, 0.1]], 32), "one more prompt");
  assert.ok(path.hear([[2, 0.1, 0.8, 0.1]], 32), "the song has jumped back");
});

/** Turn for `seconds` where a frame takes `ms`; how many were drawn. */
function draw(pacer, from, seconds, ms) {
  let drawn = 0;
  for (let now = from; now < from + seconds * 1000; now += ms) {
    if (!pacer.due(now)) continue;
    pacer.drawn(now);
    drawn++;
  }
  return drawn;
}

test("frames are drawn as often as they may be, whatever the screen's rate", () => {
  for (const rate of [60, 15, 4]) {
    for (const screen of [60, 75, 120]) {
      const pacer = new Pacer(rate), drawn = draw(pacer, 0, 10, 1000 / screen) / 10;
      assert.ok(drawn <= Math.max(rate, rate === 60 && screen === 75 ? 75 : 0) * 1.2, `${drawn} of ${rate} at ${screen}`);
      assert.ok(drawn >= rate * 0.75, `${drawn} of ${rate} at ${screen}`);
      assert.equal(pacer.rate, rate);
    }
  }
});

test("where frames are slow it draws fewer, and comes back once they are not", () => {
  const pacer = new Pacer(60);
  draw(pacer, 0, 3, 40);
  assert.ok(pacer.rate < 60, "25 a second are not kept up with");
  draw(pacer, 3000, 3, 90);
  assert.equal(pacer.rate, 15, "eleven are near enough");
  draw(pacer, 6000, 3, 1000 / 60);
  assert.equal(pacer.rate, 15, "not at once");
  draw(pacer, 9000, 60, 1000 / 60);
  assert.equal(pacer.rate, 60);
});

test("what it rose to too early it tries again more seldom", () => {
  const pacer = new Pacer(60);
  let rises = 0;
  for (let now = 0, last = 60; now < 300000; ) {
    if (pacer.due(now)) pacer.drawn(now);
    rises += pacer.rate > last;
    last = pacer.rate;
    now += pacer.rate > 30 ? 45 : 1000 / 60; // 60 are too many here
  }
  assert.ok(rises >= 2 && rises < 12, `${rises} times in five minutes`);
});

test("hushed it draws little, at once, and then as before", () => {
  const pacer = new Pacer(15);
  draw(pacer, 0, 2, 5);
  pacer.hush(2000, 3000);
  assert.ok(pacer.wait(2000) > 200);
  assert.ok(draw(pacer, 2000, 3, 5) <= 13);
  assert.ok(draw(pacer, 5000, 2, 5) >= 25);
  assert.equal(pacer.rate, 15, "which was no lateness");
});

test("to rest is not to be late", () => {
  const pacer = new Pacer(60);
  for (let now = 0; now < 20000; now += 100) {
    pacer.rest();
    pacer.drawn(now);
  }
  assert.equal(pacer.rate, 60);
});

test("a link carries a set, and nothing else comes out of one", () => {
  const set = { prompts: [["dub 🌫️", 1], ["jazz", 0.25]], seed: [1, 2, 0.5], tempo: 124 };
  assert.deepEqual(unpack(pack(set)), set);
  assert.deepEqual(messages(set)[2], ["/ld/blend", "ff", [1, 0.25]]);
  const evil = { prompts: [["x", "1"]], seed: [1, 2, 3], tempo: 1 };
  for (const text of ["", "%%", pack(evil), btoa("[]"), btoa('{"prompts":1}')]) assert.equal(unpack(text), null);
});
