// Memory over a long run: `node bench/memory.mjs [pictures] [--large] [--model M]` (default 100,000) streams small JPEGs, or such
// as go to worker threads (up to 1856 × 1452), through the starter or another model and prints the resident memory after each
// tenth. Exit code 1 where the last tenth holds more than the second by a quarter. A tiny model
// (test/golden/checkpoint/tiny-vit.openai.pt) shows reading, decoding and queues in minutes.
import { parseArgs } from "node:util";
import sharp from "sharp";
import { loadClip } from "../dist/index.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    large: { type: "boolean", default: false },
    model: { type: "string", default: "starter" },
  },
});
const { large, model } = values;
const total = Number(positionals[0] ?? "100000");
if (!Number.isInteger(total) || total < 100) {
  console.error(`Expected a number of pictures, at least 100, but received ${positionals[0]}.`);
  process.exit(2);
}

/** Different pictures, used over and over: making each anew would measure sharp's encoder as well. */
const DIFFERENT = large ? 40 : 200;
const SCALE = large ? 4 : 1;
const GROWTH = 1.25;

/** Noise of many sizes and shapes, so that buffers of all sizes come and go. */
async function pictures() {
  const made = [];
  for (let i = 0; i < DIFFERENT; i++) {
    const [width, height] = [SCALE * (64 + ((i * 37) % 400)), SCALE * (64 + ((i * 61) % 300))];
    const noise = { type: "gaussian", mean: 40 + ((i * 29) % 180), sigma: 10 + (i % 50) };
    made.push(
      await sharp({ create: { width, height, channels: 3, background: "black", noise } })
        .jpeg()
        .toBuffer(),
    );
  }
  return made;
}

function* repeated(made) {
  for (let i = 0; i < total; i++) yield made[(i * 7) % DIFFERENT];
}

const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(0).padStart(9);

const clip = await loadClip(model);
const seen = [];
let done = 0;
let failed = 0;
let began = performance.now();
console.log(" pictures  RSS MiB  JS heap MiB  buffers MiB  pictures/s");
for await (const { result } of clip.encodeImageStream(repeated(await pictures()))) {
  if (result instanceof Error) failed += 1;
  done += 1;
  if (done % Math.floor(total / 10) !== 0) continue;
  const { rss, heapUsed, external } = process.memoryUsage();
  seen.push(rss);
  const speed = Math.floor(total / 10) / ((performance.now() - began) / 1000);
  began = performance.now();
  console.log(
    `${String(done).padStart(9)}${mebibytes(rss)}    ${mebibytes(heapUsed)}    ${mebibytes(external)}   ${speed.toFixed(1).padStart(9)}`,
  );
}
await clip[Symbol.asyncDispose]();
const growth = seen[9] / seen[1];
console.log(`\nfrom the second tenth to the last: × ${growth.toFixed(3)}; ${failed} pictures failed`);
process.exitCode = growth > GROWTH || failed > 0 ? 1 : 0;
