// transformers.js in a worker of the page, as its own examples have it. Every time is taken here.
import {
  AutoProcessor,
  AutoTokenizer,
  CLIPTextModelWithProjection,
  CLIPVisionModelWithProjection,
  env,
  RawImage,
  Tensor,
} from "@huggingface/transformers";

let vision;
let text;
let tokenizer;
let processor;

/** RGB squares u8 [size, size, 3] → f32 [n, 3, size, size], normalised. */
function pixelsOf(squares, size) {
  const { image_mean: mean, image_std: std } = processor.image_processor.config;
  const area = size * size;
  const data = new Float32Array(squares.length * 3 * area);
  for (const [i, square] of squares.entries())
    for (let p = 0; p < area; p++)
      for (let c = 0; c < 3; c++) data[(i * 3 + c) * area + p] = (square[p * 3 + c] / 255 - mean[c]) / std[c];
  return new Tensor("float32", data, [squares.length, 3, size, size]);
}

async function timed(forMs, items, work) {
  const began = performance.now();
  let runs = 0;
  do {
    await work();
    runs += 1;
  } while (performance.now() - began < forMs);
  return (performance.now() - began) / (runs * items);
}

const handlers = {
  async load({ models, files, threads, dtype }) {
    env.allowRemoteModels = false;
    env.allowLocalModels = true;
    env.localModelPath = models;
    env.useBrowserCache = false;
    const { wasm } = env.backends.onnx;
    // The form that it takes by itself, from this site instead of a CDN.
    const name = `${files}ort-wasm-simd-threaded.asyncify`;
    wasm.wasmPaths = { mjs: `${name}.mjs`, wasm: `${name}.wasm` };
    wasm.numThreads = threads;
    const options = { dtype, device: "wasm" };
    vision = await CLIPVisionModelWithProjection.from_pretrained("huggingface", options);
    text = await CLIPTextModelWithProjection.from_pretrained("huggingface", options);
    tokenizer = await AutoTokenizer.from_pretrained("huggingface");
    processor = await AutoProcessor.from_pretrained("huggingface");
    return { version: env.version };
  },
  // Normalised before the clock runs.
  tower({ squares, size, forMs }) {
    const pixel_values = pixelsOf(squares, size);
    return timed(forMs, squares.length, () => vision({ pixel_values }));
  },
  files: ({ blobs, forMs }) =>
    timed(forMs, blobs.length, async () => {
      for (const blob of blobs) await vision(await processor(await RawImage.fromBlob(blob)));
    }),
  texts: ({ texts, forMs }) =>
    timed(forMs, texts.length, async () => {
      await text(tokenizer(texts, { padding: true, truncation: true }));
    }),
  vectors: async ({ squares, size }) =>
    (await vision({ pixel_values: pixelsOf(squares, size) })).image_embeds.normalize().tolist(),
};

addEventListener("message", async ({ data: { id, ask, ...question } }) => {
  try {
    postMessage({ id, answer: await handlers[ask](question) });
  } catch (error) {
    postMessage({ id, error: String(error?.message ?? error).split("\n")[0] });
  }
});
