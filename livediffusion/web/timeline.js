/** What sounds when: stretches of the song beat, each with its loop. Pure. */

/**
 * Stretches from beat `from` to `to`, in order: {key, beats, from, to, queued}.
 *
 * `loops` have sounded, the last of them sounds; `queued` wait for their beat.
 */
export function stretches(loops, queued, from, to) {
  if (!loops.length) return [];
  const sounding = loops.at(-1);
  const begun = loops.slice(0, -1).filter((one) => one.since !== null && one.since < (sounding.since ?? 0));
  const all = [...begun, sounding].map((one) => ({ ...one, from: one.since ?? -Infinity, queued: false }));
  if (all.length === 1) all[0].from = -Infinity; // nothing else is known of what was before
  all.push(...queued.map((one) => ({ ...one, from: one.due, queued: true })));
  return all
    .map((one, i) => ({ ...one, to: all[i + 1]?.from ?? Infinity }))
    .filter((one) => one.to > from && one.from < to && one.to > one.from)
    .map(({ key, beats, queued, ...one }) => ({
      key, beats, queued, from: Math.max(one.from, from), to: Math.min(one.to, to),
    }));
}

/** A stretch cut where its loop begins anew: {from, to, at}, `at` being 0..1 of the loop. */
export function rounds({ from, to, beats }) {
  const found = [];
  for (let begin = Math.floor(from / beats) * beats; begin < to; begin += beats) {
    const start = Math.max(begin, from), end = Math.min(begin + beats, to);
    if (end > start) found.push({ from: start, to: end, at: (start - begin) / beats });
  }
  return found;
}

/** The blend that was and will be, as [beat, weights...]: what is new replaces what was planned. */
export class Path {
  points = [];

  hear(coming, keep) {
    const now = coming[0]?.[0] ?? 0;
    const jumped = this.points.length && this.points[0][0] > now;
    const before = jumped ? [] : this.points.filter(([beat]) => beat < now && beat > now - keep);
    this.points = [...before, ...coming];
  }
}
