/** Where a value lies on its fader, and what it is called. Pure. */

const BENDS = { drift: 3, glide: 2.5, fade: 2.5 }; // the small values need the room
const TRIMS = { bpm: 2, beats: 2, ms: 0, dB: 1, "a loop": 3 };

/** 0..1 for a value of a row. */
export function place(row, value) {
  const share = (value - row.low) / (row.high - row.low);
  return Math.min(1, Math.max(0, share)) ** (1 / (BENDS[row.key] ?? 1));
}

/** The value at 0..1, whole where the row is. */
export function valueAt(row, at) {
  const value = row.low + (row.high - row.low) * Math.min(1, Math.max(0, at)) ** (BENDS[row.key] ?? 1);
  return row.types === "i" ? Math.round(value) : value;
}

/** A value in words: "-6 dB". */
export function said(row, value) {
  if (value === undefined || value === null) return "the model's own";
  if (typeof value !== "number") return String(value);
  const figure = row.types === "i" ? String(value) : String(+value.toFixed(TRIMS[row.unit] ?? 2));
  return row.unit ? `${figure} ${row.unit}` : figure;
}

/** Whether a row is better typed than slid: a seed has too many values for any fader. */
export function isTyped(row) {
  return row.types === "i" && row.high - row.low > 10000;
}

/** What a control is called: its key without the dots, or without its group. */
export function title(row, n) {
  const key = row.key.replace("{n}", n ?? "").replaceAll(".", " ").replaceAll("_", " ");
  return key.replace(/\s+/g, " ").trim();
}
