/** A packet of sound: 16 bytes of head (frame, rate, channels, bytes a sample), then samples. */

const HEAD = 16;

/** {frame, samples} of a packet's bytes (ArrayBuffer); samples are interleaved floats. */
export function unpack(buffer) {
  const head = new DataView(buffer, 0, HEAD);
  const frame = Number(head.getBigUint64(0, true));
  if (head.getUint16(14, true) === 4) return { frame, samples: new Float32Array(buffer, HEAD) };
  return { frame, samples: Float32Array.from(new Int16Array(buffer, HEAD), (x) => x / 32767) };
}
