// A cold process from its start to its first answer, and what opening a tower costs; fresh processes, interleaved, medians.
//   node bench/cold.mjs [MODEL...] [--rounds N] [--json]
// Models (default: starter) have to be on this machine, compiled. "user" is `zeroclip classify` from start to exit.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const THIS = fileURLToPath(import.meta.url);
const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const PICTURE = fileURLToPath(new URL("pictures/cat.jpg", import.meta.url));
const LABELS = ["cat", "dog", "car"];

const seconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** In a fresh process: a program that loads a model and classifies one picture. */
async function answer(model, options) {
  const marks = { process: performance.now() };
  const { loadClip } = await import("../dist/index.js");
  marks.imports = performance.now();
  const clip = await loadClip(model, { offline: true, ...options });
  marks.found = performance.now();
  await clip.classify(PICTURE, LABELS);
  marks.answer = performance.now();
  console.log(JSON.stringify({ ...marks, cpu: seconds(), resident: process.memoryUsage().rss / 1e6 }));
  await clip[Symbol.asyncDispose]();
}

/** In a fresh process: one tower on the main thread, opened and run once. */
async function open(model, tower, options) {
  const { locateTowers } = await import("../dist/clip.js");
  const { openSession } = await import("../dist/runtime/session.js");
  const { onnxRuntime } = await import("../dist/runtime/onnx-runtime.js");
  const { folder, manifest } = await locateTowers(model, { offline: true });
  await onnxRuntime();
  const began = performance.now();
  const session = await openSession(join(folder, manifest[tower].file), options);
  const opened = performance.now();
  const openedMb = process.memoryUsage().rss / 1e6;
  const { size } = manifest.image.preprocessing;
  const feeds = Object.fromEntries(
    session.inputs.map(({ name, type }) => {
      if (type === "uint8")
        return [name, { type, data: new Uint8Array(size * size * 3), dims: [1, size, size, 3] }];
      if (type === "float32")
        return [name, { type, data: new Float32Array(size * size * 3), dims: [1, 3, size, size] }];
      const ids =
        name === manifest.text.maskInput ? Array(8).fill(1) : [49406, 320, 1125, 539, 320, 2368, 269, 49407];
      const known = manifest.text.tokenizer.kind === "clip-bpe" ? ids : ids.map((id) => id % 1000);
      const data = type === "int64" ? BigInt64Array.from(known, BigInt) : Int32Array.from(known);
      return [name, { type, data, dims: [1, 8] }];
    }),
  );
  await session.run(feeds, manifest[tower].output);
  const ran = performance.now();
  const row = { open: opened - began, run: ran - opened, total: ran - began, openedMb };
  console.log(JSON.stringify({ ...row, resident: process.memoryUsage().rss / 1e6 }));
  await session[Symbol.asyncDispose]();
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
    child: { type: "string" },
  },
});
if (values.child !== undefined) {
  const [kind, ...rest] = JSON.parse(values.child);
  await (kind === "answer" ? answer(...rest) : open(...rest));
} else report(positionals.length > 0 ? positionals : ["starter"], Number(values.rounds));

function node(args) {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return { stdout, ms: performance.now() - began };
}

function report(models, rounds) {
  const child =
    (...question) =>
    () =>
      JSON.parse(node([THIS, "--child", JSON.stringify(question)]).stdout);
  const classify =
    (model, ...more) =>
    () => ({
      answer: node([MAIN, "classify", PICTURE, "-m", model, "-l", LABELS.join(), "--offline", ...more]).ms,
    });
  const cases = models.flatMap((model) => [
    { model, what: "library", take: child("answer", model, {}) },
    { model, what: "library, prepack: false", take: child("answer", model, { prepack: false }) },
    { model, what: "user", take: classify(model, "--no-cache") },
    { model, what: "user, labels remembered", take: classify(model) },
    ...["image", "text"].flatMap((tower) =>
      [{}, { graphOptimization: "disabled" }, { prepacking: false }].map((options) => ({
        model,
        what: `${tower} tower ${JSON.stringify(options)}`,
        take: child("open", model, tower, options),
      })),
    ),
  ]);
  const samples = cases.map(() => []);
  for (let round = -1; round < rounds; round++) {
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    for (const [i, { take }] of cases.entries()) {
      const row = take();
      if (round >= 0) samples[i].push(row);
    }
  }
  const rows = cases.map(({ model, what }, i) => ({ model, what, ...medians(samples[i]) }));
  if (values.json) return console.log(JSON.stringify({ rounds, rows }, undefined, 1));
  print(
    rows.filter(({ total }) => total === undefined),
    ["process", "imports", "found", "answer", "cpu", "resident"],
  );
  console.log();
  print(
    rows.filter(({ total }) => total !== undefined),
    ["open", "run", "total", "openedMb", "resident"],
  );
}

/** Of each figure its median. */
function medians(rounds) {
  const median = (key) => rounds.map((row) => row[key]).sort((a, b) => a - b)[rounds.length >> 1];
  const keys = Object.keys(rounds[0]);
  return Object.fromEntries(keys.map((key) => [key, Math.round(median(key))]));
}

function print(rows, keys) {
  const titles = {
    process: "process ms",
    imports: "imports",
    found: "model found",
    answer: "first answer",
    cpu: "processor ms",
    resident: "resident MB",
    open: "open ms",
    run: "first run",
    total: "both",
    openedMb: "MB when open",
  };
  const line = (cells) => console.log(`| ${cells.join(" | ")} |`);
  line(["model", "", ...keys.map((key) => titles[key])]);
  line(["---", "---", ...keys.map(() => "---:")]);
  for (const row of rows) line([row.model, row.what, ...keys.map((key) => row[key] ?? "")]);
}
