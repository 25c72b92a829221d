// In the page: zeroclip and transformers.js with the same weights, each in its worker.
import { ClipError, loadClip } from "zeroclip/browser";

let clip;
let worker;
let given;
const open = new Map();

/** A call to the worker of transformers.js. */
function peer(ask, question) {
  const id = open.size;
  return new Promise((resolve, reject) => {
    open.set(id, ({ answer, error }) =>
      error === undefined ? resolve(answer) : reject(new Error(`transformers.js: ${error}`)),
    );
    worker.postMessage({ id, ask, ...question });
  });
}

async function timed(forMs, items, work) {
  const began = performance.now();
  let runs = 0;
  do {
    for (const one of await work()) if (one instanceof ClipError) throw one;
    runs += 1;
  } while (performance.now() - began < forMs);
  return (performance.now() - began) / (runs * items);
}

/** A photo's middle square → RGB bytes [size, size, 3]. */
async function squareOf(blob, size) {
  const picture = await createImageBitmap(blob, { resizeWidth: size, resizeHeight: size });
  const context = new OffscreenCanvas(size, size).getContext("2d");
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, size, size);
  return data.filter((_, i) => i % 4 < 3);
}

/** Opens both models. */
globalThis.setUp = async ({ model, threads, dtype, photos, texts }) => {
  clip = await loadClip(model, { preload: true, device: "wasm", threads, keep: false });
  worker = new Worker("transformers.js", { type: "module" });
  worker.addEventListener("message", ({ data }) => open.get(data.id)?.(data));
  const beside = (path) => new URL(path, document.baseURI).href;
  // Its tokenizers are looked for in paths alone.
  const { version } = await peer("load", { models: "/models/", files: beside("ort/"), threads, dtype });
  const size = clip.model.imageSize;
  const blobs = await Promise.all(photos.map(async (path) => (await fetch(path)).blob()));
  const squares = await Promise.all(blobs.map((blob) => squareOf(blob, size)));
  given = { blobs, squares, texts, size };
  return { version, threads: clip.threads };
};

const raw = (data) => ({ data: new Uint8Array(data), width: given.size, height: given.size, channels: 3 });
const some = (list, count) => Array.from({ length: count }, (_, i) => list[i % list.length]);

/** ms an item of one figure, by one of both. */
globalThis.figure = async (who, figure, forMs) => {
  const { blobs, texts, size } = given;
  const [, count] = /^b(\d+)$/.exec(figure) ?? [];
  if (count !== undefined) {
    const squares = some(given.squares, Number(count));
    if (who === "peer") return peer("tower", { squares, size, forMs });
    const pictures = squares.map(raw);
    return timed(forMs, pictures.length, () => clip.encodeImages(pictures, { batchSize: pictures.length }));
  }
  if (figure === "files") {
    if (who === "peer") return peer("files", { blobs, forMs });
    return timed(forMs, blobs.length, async () => {
      const found = [];
      for (const blob of blobs) found.push(...(await clip.encodeImages([blob])));
      return found;
    });
  }
  if (who === "peer") return peer("texts", { texts, forMs });
  return timed(forMs, texts.length, () => clip.encodeTexts(texts, { batchSize: texts.length }));
};

/** Vectors of the same squares by both. */
globalThis.vectors = async () => ({
  own: (await clip.encodeImages(given.squares.map(raw))).map((vector) => [...vector]),
  peer: await peer("vectors", { squares: given.squares, size: given.size }),
});

globalThis.ready = true;
