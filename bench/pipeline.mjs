// From files to embeddings against bare inference of the same graph, in one process, interleaved.
//   node bench/pipeline.mjs [MODEL...] [--photos FOLDER] [--rounds N] [--batch N] [--workers N] [--resize fast] [--seconds S] [--json]
// Models (default: starter) have to be on this machine, compiled. The photos (default: bench/pictures) are written anew as JPEGs of
// 224 pixels and of 1600 × 1200. A share is the median over the rounds of a pass's rate over the mean of the bare passes beside it.
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { locateTowers } from "../dist/clip.js";
import { loadClip } from "../dist/index.js";
import { openThreadedSession } from "../dist/runtime/threaded.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    photos: { type: "string", default: fileURLToPath(new URL("pictures", import.meta.url)) },
    rounds: { type: "string", default: "5" },
    batch: { type: "string", default: "8" },
    workers: { type: "string" },
    resize: { type: "string" },
    seconds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const batch = Number(values.batch);

/** Different files; passes go through them over and over. */
const FILES = 96;
const KINDS = { "224 px": [224, 224], "1600 × 1200": [1600, 1200] };

async function write(folder) {
  const photos = (await readdir(values.photos)).filter((name) => /\.jpe?g$/i.test(name)).sort();
  const step = Math.max(1, Math.floor(photos.length / FILES));
  const chosen = photos.filter((_, i) => i % step === 0).slice(0, FILES);
  const kinds = {};
  for (const [kind, [width, height]] of Object.entries(KINDS)) {
    await mkdir(join(folder, kind));
    kinds[kind] = [];
    for (const [i, name] of chosen.entries()) {
      const to = join(folder, kind, `${i}.jpg`);
      await sharp(join(values.photos, name)).resize(width, height).jpeg({ quality: 90 }).toFile(to);
      kinds[kind].push(to);
    }
  }
  return kinds;
}

function feedOf({ pixels, preprocessing: { size } }) {
  const length = batch * size * size * 3;
  return pixels.layout === "u8-nhwc"
    ? {
        type: "uint8",
        data: Uint8Array.from({ length }, (_, i) => (i * 31) % 251),
        dims: [batch, size, size, 3],
      }
    : {
        type: "float32",
        data: Float32Array.from({ length }, (_, i) => Math.sin(i)),
        dims: [batch, 3, size, size],
      };
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

/** Pictures a second and processor time a picture of one pass. */
async function pass(count, work) {
  const before = process.cpuUsage();
  const began = performance.now();
  await work(count);
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  return { rate: (1000 * count) / ms, cpu: (user + system) / 1000 / count };
}

async function measure(model, kinds) {
  const { folder, manifest } = await locateTowers(model, { offline: true });
  const { image } = manifest;
  const bare = await openThreadedSession(join(folder, image.file));
  const clip = await loadClip(model, {
    offline: true,
    ...(values.workers === undefined ? {} : { workers: Number(values.workers) }),
    ...(values.resize === undefined ? {} : { image: { resize: values.resize } }),
  });
  const feeds = { [image.input]: feedOf(image) };
  const passes = {
    bare: async (count) => {
      for (let done = 0; done < count; done += batch) await bare.run(feeds, image.output);
    },
  };
  for (const [kind, files] of Object.entries(kinds)) {
    passes[kind] = async (count) => {
      const list = Array.from({ length: count }, (_, i) => files[i % files.length]);
      for (const result of await clip.encodeImages(list, { batchSize: batch }))
        if (result instanceof Error) throw result;
    };
  }
  for (const work of Object.values(passes)) await work(2 * batch);
  const { rate } = await pass(2 * batch, passes.bare);
  const count = batch * Math.min(512, Math.max(6, Math.round((seconds * rate) / batch)));
  const seen = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []]));
  const bares = [await pass(count, passes.bare)];
  for (let round = 0; round < rounds; round++) {
    for (const kind of Object.keys(kinds)) {
      const one = await pass(count, passes[kind]);
      bares.push(await pass(count, passes.bare));
      const beside = (bares.at(-1).rate + bares.at(-2).rate) / 2;
      seen[kind].push({ ...one, share: one.rate / beside });
    }
  }
  for (const opened of [bare, clip]) await opened[Symbol.asyncDispose]();
  const row = {
    model: manifest.name,
    precision: manifest.precision,
    pictures: count,
    bare: median(bares.map((one) => one.rate)),
    bareCpu: median(bares.map((one) => one.cpu)),
  };
  for (const [kind, list] of Object.entries(seen)) {
    const shares = list.map(({ share }) => share);
    row[kind] = {
      share: median(shares),
      least: Math.min(...shares),
      most: Math.max(...shares),
      rate: median(list.map((one) => one.rate)),
      cpu: median(list.map((one) => one.cpu)),
    };
  }
  return row;
}

const folder = await mkdtemp(join(tmpdir(), "zeroclip-pipeline-"));
try {
  const kinds = await write(folder);
  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  if (!values.json) {
    console.log(`${cpus()[0]?.model} × ${cpus().length}, batch ${batch}, ${rounds} rounds\n`);
    console.log(`| model | bare, pictures/s | ms of processor | ${Object.keys(kinds).join(" | ")} |`);
    console.log(`|---|---|---|${"---|".repeat(Object.keys(kinds).length)}`);
  }
  for (const model of positionals.length > 0 ? positionals : ["starter"]) {
    const row = await measure(model, kinds);
    if (values.json) console.log(JSON.stringify(row));
    else {
      const cells = Object.keys(kinds).map((kind) => {
        const { share, least, most, cpu } = row[kind];
        return `${percent(share)} (${percent(least)} to ${percent(most)}; ${cpu.toFixed(1)} ms)`;
      });
      const name = row.precision === "int8" ? `${row.model} int8` : row.model;
      console.log(`| ${name} | ${row.bare.toFixed(1)} | ${row.bareCpu.toFixed(1)} | ${cells.join(" | ")} |`);
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
