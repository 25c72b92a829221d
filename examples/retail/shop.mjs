// From a folder of product photos to a shop's classifier: node examples/retail/shop.mjs PHOTOS OUT [--seed N] [--json]
//
// PHOTOS holds a folder a kind, or train/, validation/ and test/ with a folder a kind each; else the photos of each kind are split 60 : 20 : 20 by
// the seed. Step by step: a label set, words alone, calibration, 1 to 16 examples a kind, a server whose labels change while it answers, and what it costs. OUT
// gets labels.yaml, the splits, shop.safetensors and company.yaml; each step says the command that it ran.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { ZeroclipClient } from "zeroclip/client";
import { shuffled } from "../seeded.mjs";
import { wordsOf } from "./words.mjs";

const COUNTS = [1, 2, 4, 8, 16];
/** Of a shop that is made up: put your own figures into OUT/company.yaml and run the last command again. */
const ASSUMED = {
  pictures_per_month: 30_000,
  machine_per_hour: 0.2,
  labeller_per_minute: 0.35,
  labels_per_picture: 1,
  value_of_right: 0.04,
  cost_of_wrong: 0.12,
  changes_per_year: 12,
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string", default: "1" }, json: { type: "boolean", default: false } },
});
const [photos, out] = positionals;
if (!photos || !out) {
  console.error("Expected a folder of photos and a folder to write to.");
  process.exit(2);
}
mkdirSync(out, { recursive: true });
const at = (name) => join(out, name);
const say = (text) => values.json || console.log(text);
const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** The command line that is installed. */
const packaged = createRequire(import.meta.url).resolve("zeroclip/package.json");
const program = join(dirname(packaged), JSON.parse(readFileSync(packaged, "utf8")).bin.zeroclip);
const home = ["--home", at("home")];
async function zeroclip(...args) {
  say(`$ zeroclip ${args.join(" ")}`);
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, ...home, "--json"], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout);
}

/** Photos of each part: [path, kind]. */
function splits() {
  const parts = ["train", "validation", "test"];
  const inside = (folder) => readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory());
  const list = (folder) =>
    inside(folder).flatMap(({ name }) =>
      readdirSync(join(folder, name))
        .sort()
        .map((file) => [resolve(folder, name, file), name]),
    );
  if (parts.every((part) => existsSync(join(photos, part))))
    return Object.fromEntries(parts.map((part) => [part, list(join(photos, part))]));
  const found = { train: [], validation: [], test: [] };
  for (const { name } of inside(photos)) {
    const files = readdirSync(join(photos, name)).sort();
    for (const [place, i] of shuffled(files.length, Number(values.seed)).entries()) {
      const part = place < 0.6 * files.length ? "train" : place < 0.8 * files.length ? "validation" : "test";
      found[part].push([resolve(photos, name, files[i]), name]);
    }
  }
  return found;
}

const found = { seed: Number(values.seed) };
say("\n1. Label set");
const parts = splits();
const kinds = [...new Set(parts.train.map(([, kind]) => kind))].sort();
for (const [part, rows] of Object.entries(parts))
  writeFileSync(
    at(`${part}.csv`),
    `path,label\n${rows.map((row) => row.map((cell) => JSON.stringify(cell)).join(",")).join("\n")}\n`,
  );
const labels = kinds.map((kind) => {
  const [english, chinese] = wordsOf(kind);
  return { id: kind, name: english, translations: { zh: chinese } };
});
writeFileSync(
  at("labels.yaml"),
  `description: kinds of ${basename(resolve(photos))}\nlabels:\n${labels.map((label) => `  - ${JSON.stringify(label)}`).join("\n")}\n`,
);
found.photos = Object.fromEntries(Object.entries(parts).map(([part, rows]) => [part, rows.length]));
say(
  `${kinds.length} kinds; ${Object.entries(found.photos)
    .map(([part, n]) => `${n} ${part}`)
    .join(", ")} photos`,
);

const labelled = ["--labels-file", at("labels.yaml"), "--domain", "retail"];
const measure = async (...more) => {
  const { models } = await zeroclip("eval", at("test.csv"), ...labelled, "--cache-images", ...more);
  return models[0];
};

say("\n2. Words alone, on photos that nothing was fitted on");
const words = await measure();
found.words = { right: words.top1, error: words.ece };
say(`${percent(words.top1)} right; calibration error ${words.ece.toFixed(3)}`);

say("\n3. Calibrated on the validation photos");
await zeroclip("calibrate", at("validation.csv"), ...labelled, "--cache-images");
const calibrated = await measure();
found.calibrated = { right: calibrated.top1, error: calibrated.calibratedEce };
say(`calibration error ${words.ece.toFixed(3)} → ${calibrated.calibratedEce.toFixed(3)}`);

say("\n4. Examples of each kind, from the training photos");
found.examples = [];
const most = Math.max(...kinds.map((kind) => parts.train.filter(([, own]) => own === kind).length));
// No kind has more: a larger number would be the same adapter again.
const counts = [...new Set(COUNTS.map((count) => Math.min(count, most)))];
for (const shots of counts) {
  const file = at(shots === counts.at(-1) ? "shop.safetensors" : `shop-${shots}.safetensors`);
  const began = performance.now();
  const fitted = await zeroclip(
    ...["fewshot", "fit", at("train.csv"), ...labelled, "--shots", String(shots), "--seed", values.seed],
    ...["--cache-images", "--out", file],
  );
  const seconds = (performance.now() - began) / 1000;
  const { top1, ece } = await measure("--adapter", file);
  found.examples.push({ shots, method: fitted.method, right: top1, error: ece, seconds });
  say(
    `${shots} a kind (${fitted.method}, ${seconds.toFixed(1)} s with opening the model): ${percent(top1)} right`,
  );
}

say("\n5. A server whose labels change while it answers");
const server = spawn(
  process.execPath,
  [
    program,
    "serve",
    "--port",
    "0",
    "--adapter",
    at("shop.safetensors"),
    ...home,
    "--json",
    "--log-level",
    "error",
  ],
  { stdio: ["ignore", "pipe", "inherit"] },
);
try {
  const [line] = await once(server.stdout, "data");
  const { url } = JSON.parse(String(line));
  say(`$ zeroclip serve --adapter ${at("shop.safetensors")}`);
  const client = new ZeroclipClient({ baseUrl: url });
  while (!(await client.ready())) await new Promise((next) => setTimeout(next, 100));
  const [photo, kind] = parts.test[0];
  const picture = { picture: readFileSync(photo), name: basename(photo) };
  const ask = async () => {
    const began = performance.now();
    const { results } = await client.classify({ images: [picture], labelSet: "shop" });
    return { ...results[0].predictions[0], ms: performance.now() - began };
  };
  await client.labelSets.put("shop", { labels });
  const first = await ask();
  const patch = await client.labelSets.patch("shop", { add: ["an umbrella"] });
  const next = await ask();
  const examples = parts.train.filter(([, own]) => own === kind).slice(0, 4);
  const others = parts.train.filter(([, own]) => own !== kind).slice(0, 4);
  const began = performance.now();
  for (const rows of [examples, others])
    await client.labelSets.addExamples(
      "shop",
      rows[0][1],
      rows.map(([path]) => readFileSync(path)),
    );
  const learnt = performance.now() - began;
  const taught = await ask();
  found.server = {
    ...{ photo: basename(photo), kind, first, labels: patch.labels, next, learnMs: learnt, taught },
  };
  say(
    `${basename(photo)} (${kind}): ${first.label} ${percent(first.probability)}; with one label more, in the next answer (${Math.round(next.ms)} ms): ${next.label}; 8 examples learnt in ${Math.round(learnt)} ms: ${taught.label} ${percent(taught.probability)}`,
  );
} finally {
  server.kill("SIGTERM");
  await once(server, "exit");
}

say("\n6. What it costs");
const best = found.examples.at(-1);
const ms = words.imagesPerSecond ? 1000 / words.imagesPerSecond : undefined;
const company = {
  ...{ name: "Shop", currency: "EUR", model: "starter", classes: kinds.length, ...ASSUMED },
  accuracy: Number(best.right.toFixed(3)),
  ...(ms === undefined ? {} : { ms_per_picture: Number(ms.toFixed(1)) }),
  assumed: Object.keys(ASSUMED),
};
writeFileSync(at("company.yaml"), `${JSON.stringify(company, null, 2)}\n`);
found.cost = await zeroclip("advise", "cost", at("company.yaml"));
say("(run it without --json for the table; every assumption is marked there)");
if (values.json) console.log(JSON.stringify(found, null, 2));
