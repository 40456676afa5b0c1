/** A link that carries a set, in the part of the address that no server sees. Pure. */

const KEYS = ["prompts", "seed", "tempo"];
const MOST = 64; // prompts

/** The text for a link: prompts with weights, seeds and morph, tempo. */
export function pack({ prompts, seed, tempo }) {
  const bytes = new TextEncoder().encode(JSON.stringify({ prompts, seed, tempo }));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** What a link's text carries; null for what is no such text. Nothing in it is trusted. */
export function unpack(text) {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const said = JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0))));
    if (!KEYS.every((key) => key in said) || !Array.isArray(said.prompts)) return null;
    const prompts = said.prompts.slice(0, MOST).map(([words, weight]) => [String(words), finite(weight)]);
    const [a, b, morph] = said.seed.map(finite);
    return prompts.length ? { prompts, seed: [a, b, morph], tempo: finite(said.tempo) } : null;
  } catch {
    return null;
  }
}

/** The messages that play a set, as [address, types, values]. */
export function messages({ prompts, seed: [a, b, morph], tempo }) {
  return [
    ...prompts.map(([words], i) => [`/ld/prompt/${i + 1}/text`, "s", [words]]),
    ["/ld/blend", "f".repeat(prompts.length), prompts.map(([, weight]) => weight)],
    ["/ld/seed/a", "i", [a]],
    ["/ld/seed/b", "i", [b]],
    ["/ld/seed/morph", "f", [morph]],
    ["/ld/tempo", "f", [tempo]],
  ];
}

function finite(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new RangeError("no number");
  return value;
}
