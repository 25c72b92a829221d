// transformers.js under `zeroclip bench`'s protocol: JSON lines on stdin and stdout (src/bench/protocol.ts).
// load's spec: packages (the folder it is installed in), weights (a folder that make.py filled), dtype ("fp32", "q8").
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

/** Prompts a run, as for the other peers. */
const TEXT_BATCH = 64;

let library;
let vision;
let text;
let tokenizer;
let processor;
let pixels;

async function load({ spec: { packages, weights, dtype, threads } }) {
  const began = performance.now();
  const require = createRequire(join(packages, "package.json"));
  library = await import(pathToFileURL(require.resolve("@huggingface/transformers")).href);
  const { env, CLIPVisionModelWithProjection, CLIPTextModelWithProjection, AutoTokenizer, AutoProcessor } =
    library;
  env.allowRemoteModels = false;
  env.localModelPath = weights;
  const options = {
    dtype,
    device: "cpu",
    ...(threads ? { session_options: { intraOpNumThreads: threads } } : {}),
  };
  vision = await CLIPVisionModelWithProjection.from_pretrained("huggingface", options);
  text = await CLIPTextModelWithProjection.from_pretrained("huggingface", options);
  tokenizer = await AutoTokenizer.from_pretrained("huggingface");
  processor = await AutoProcessor.from_pretrained("huggingface");
  const ms = performance.now() - began;
  const config = JSON.parse(await readFile(join(weights, "huggingface/config.json"), "utf8"));
  const versions = { node: process.versions.node, "@huggingface/transformers": env.version };
  return { ms, size: config.vision_config.image_size, versions };
}

/** u8 [n, h, w, 3] → f32 [n, 3, h, w], normalised. */
async function readPixels({ file, count, size }) {
  const bytes = await readFile(file);
  const { image_mean: mean, image_std: std } = processor.image_processor.config;
  const area = size * size;
  const data = new Float32Array(count * 3 * area);
  for (let i = 0; i < count; i++)
    for (let p = 0; p < area; p++)
      for (let c = 0; c < 3; c++)
        data[(i * 3 + c) * area + p] = (bytes[(i * area + p) * 3 + c] / 255 - mean[c]) / std[c];
  pixels = { data, count, size };
  return {};
}

function batchOf(count) {
  const each = 3 * pixels.size ** 2;
  const data = new Float32Array(count * each);
  for (let i = 0; i < count; i++) {
    const from = (i % pixels.count) * each;
    data.set(pixels.data.subarray(from, from + each), i * each);
  }
  return new library.Tensor("float32", data, [count, 3, pixels.size, pixels.size]);
}

async function repeat(forMs, items, work) {
  const began = performance.now();
  let runs = 0;
  do {
    await work();
    runs += 1;
  } while (performance.now() - began < forMs);
  return { ms: performance.now() - began, items: runs * items };
}

async function encodeTexts(texts) {
  const rows = [];
  for (let i = 0; i < texts.length; i += TEXT_BATCH) {
    // As its documentation does: padded to the batch's longest.
    const inputs = tokenizer(texts.slice(i, i + TEXT_BATCH), { padding: true, truncation: true });
    rows.push(...(await text(inputs)).text_embeds.normalize().tolist());
  }
  return rows;
}

async function encodeFiles(files) {
  const images = await Promise.all(files.map((file) => library.RawImage.read(file)));
  return (await vision(await processor(images))).image_embeds.normalize().tolist();
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

const handlers = {
  load,
  pixels: readPixels,
  images({ batch, forMs }) {
    const pixel_values = batchOf(batch);
    return repeat(forMs, batch, () => vision({ pixel_values }));
  },
  texts: ({ texts, forMs }) => repeat(forMs, texts.length, () => encodeTexts(texts)),
  files: ({ files, batch }) =>
    repeat(0, files.length, async () => {
      for (let i = 0; i < files.length; i += batch) await encodeFiles(files.slice(i, i + batch));
    }),
  async answer({ file, prompts }) {
    const [image] = await encodeFiles([file]);
    const cosines = (await encodeTexts(prompts)).map((row) => dot(row, image));
    return { residentBytes: process.memoryUsage().rss, cosines };
  },
  async features({ count }) {
    return { rows: (await vision({ pixel_values: batchOf(count) })).image_embeds.normalize().tolist() };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...request } = JSON.parse(line);
  if (request.do === "quit") break;
  const reply = await handlers[request.do](request).catch((error) => ({
    error: String(error.message ?? error).split("\n")[0],
  }));
  process.stdout.write(`${JSON.stringify({ id, ...reply })}\n`);
}
process.exit(0);
