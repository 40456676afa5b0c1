/** What sounds when: stretches of the song beat, each with its loop. Pure. */

const SEEN = 0.012; // of a weight: half a pixel

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

  /** Take in the blend from now on, keep so many beats of the past; whether it is news. */
  hear(coming, keep) {
    const now = coming[0]?.[0] ?? 0;
    const jumped = this.points.length && this.points[0][0] > now;
    const planned = this.points.filter(([beat]) => beat > now);
    const isNews = jumped || differ(this.points, coming) || differ(coming, planned);
    const kept = this.points.filter((_, i) => !(this.points[i + 1]?.[0] <= now - keep));
    const before = jumped ? [] : kept.filter(([beat]) => beat < now);
    this.points = isNews ? [...before, ...coming] : kept;
    return isNews;
  }
}

/** Whether any of some points lies beside a path by more than is seen. */
function differ(path, points) {
  return points.some(([beat, ...weights]) => {
    const there = weightsAt(path, beat);
    return there.length !== weights.length || there.some((weight, i) => Math.abs(weight - weights[i]) > SEEN);
  });
}

function weightsAt(path, beat) {
  const next = path.findIndex(([at]) => at > beat);
  const before = path.at(next < 0 ? -1 : Math.max(0, next - 1));
  if (next <= 0) return before?.slice(1) ?? [];
  const share = (beat - before[0]) / (path[next][0] - before[0]);
  return before.slice(1).map((weight, i) => weight + share * (path[next][i + 1] - weight));
}
