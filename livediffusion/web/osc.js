/** OSC 1.0 messages to and from bytes: i, f, s, T and F, which is all that the program sends. */

const text = new TextEncoder();
const words = new TextDecoder();

/** A message; `types` has one letter a value (f, i, s, b), as in the table. */
export function encode(address, types, values) {
  const tags = [...types].map((type, i) => (type === "b" ? (values[i] ? "T" : "F") : type));
  const parts = [padded(address), padded("," + tags.join(""))];
  tags.forEach((tag, i) => {
    if (tag === "s") parts.push(padded(String(values[i])));
    if (tag === "i" || tag === "f") parts.push(number(tag, values[i]));
  });
  const packet = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    packet.set(part, place);
    place += part.length;
  }
  return packet;
}

/** [address, values] of a message's bytes (ArrayBuffer); throws RangeError for what is none. */
export function decode(buffer) {
  const bytes = new Uint8Array(buffer), view = new DataView(buffer);
  let place = 0;
  const string = () => {
    const end = bytes.indexOf(0, place);
    if (end < 0) throw new RangeError("a text has no end");
    const found = words.decode(bytes.subarray(place, end));
    place = (end + 4) & ~3;
    return found;
  };
  const address = string();
  const tags = place < bytes.length ? string().slice(1) : "";
  const values = [...tags].map((tag) => {
    if (tag === "s") return string();
    if (tag === "T" || tag === "F") return tag === "T";
    place += 4;
    if (tag === "i") return view.getInt32(place - 4);
    if (tag === "f") return view.getFloat32(place - 4);
    throw new RangeError(`there is no type ${tag}`);
  });
  return [address, values];
}

function padded(string) {
  const bytes = text.encode(string.replaceAll("\0", " "));
  const room = new Uint8Array((bytes.length + 4) & ~3);
  room.set(bytes);
  return room;
}

function number(tag, value) {
  const view = new DataView(new ArrayBuffer(4));
  if (tag === "i") view.setInt32(0, Math.round(value));
  else view.setFloat32(0, value);
  return new Uint8Array(view.buffer);
}
