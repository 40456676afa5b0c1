/** The pictures of loops, asked for once each, in colours. */

const KEPT = 48;
const AGAIN = 1000; // ms until one that did not come is asked for again

export class Pictures {
  /** `arrived` is called when there is one more. */
  constructor(arrived) {
    this.#arrived = arrived;
  }

  /** A loop's picture; undefined while it is not here. */
  get(key) {
    return this.#pictures.get(key) ?? undefined;
  }

  /** Have it, some time. */
  async want(key) {
    if (this.#pictures.has(key)) return;
    this.#pictures.set(key, null);
    try {
      const answer = await fetch(`/stage/loop/${key}.png`);
      if (answer.status !== 200) throw new Error(answer.statusText); // 204: it is gone
      this.#pictures.set(key, coloured(await createImageBitmap(await answer.blob())));
      this.#arrived();
    } catch {
      setTimeout(() => this.#pictures.delete(key), AGAIN); // asked for again if it still matters
    }
    for (const old of [...this.#pictures.keys()].slice(0, -KEPT)) this.#pictures.delete(old);
  }

  #arrived;
  #pictures = new Map();
}

/** Heat from black over violet and orange to white, by grey level. */
const HEAT = Array.from({ length: 256 }, (_, grey) => {
  const level = grey / 255;
  const blue = 0.05 + 0.75 * Math.sin(Math.PI * Math.min(1, level * 0.9)) ** 1.5 + level ** 8;
  return [level ** 1.5 * 1.35, level ** 3 * 1.1, blue].map((share) => 255 * Math.min(1, share));
});

function coloured(bitmap) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), pen = canvas.getContext("2d");
  pen.drawImage(bitmap, 0, 0);
  const image = pen.getImageData(0, 0, bitmap.width, bitmap.height), data = image.data;
  for (let i = 0; i < data.length; i += 4) data.set(HEAT[data[i]], i);
  pen.putImageData(image, 0, 0);
  return canvas;
}
