// Chest X-rays by CLIP, honestly: node examples/medical/xrays.mjs FOLDER [--model NAME] [--seed N] [--draws N] [--only A,B] [--json]
//
// FOLDER holds a folder a class, one of them called normal, healthy or no findings. --only takes some of the parts below. Prints what words alone can do, what 1 to 16 examples bring, how sure the answers are, and whether
// something else than the lungs tells the classes apart. Nothing is kept. No medical device: docs/medicine.md.
import { parseArgs } from "node:util";
import { loadClip, openSet } from "zeroclip";
import { plainBaselines } from "./baselines.mjs";
import { calibration, confusion, fewShot, subgroups } from "./few-shot.mjs";
import { leaks } from "./leaks.mjs";
import { plainFacts } from "./pictures.mjs";
import { rareClass } from "./rare.mjs";
import { zeroShot } from "./words.mjs";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string", default: "starter" },
    seed: { type: "string", default: "1" },
    draws: { type: "string", default: "5" },
    only: { type: "string" },
    home: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const [folder] = positionals;
const [seed, draws] = [Number(values.seed), Number(values.draws)];
if (folder === undefined || !Number.isInteger(seed) || !(draws >= 1)) {
  console.error("Expected a folder with a folder of X-rays a class, and whole numbers.");
  process.exit(2);
}

const clip = await loadClip(values.model, {
  cache: { image: true },
  calibration: false,
  ...(values.home === undefined ? {} : { home: values.home }),
});
const set = await openSet(folder, "X-rays");
const names = set.classes.map(({ label }) => label);
const truth = set.pictures.map((picture) => picture.truth);
const features = [];
console.error(`reading ${set.pictures.length} pictures …`);
for await (const { id, result } of clip.encodeImageStream(set.pictures.map(({ name }) => name))) {
  if (result instanceof Error) throw new Error(`${id}: ${result.message}`);
  features.push(result);
}
const facts = await Promise.all(set.pictures.map(({ name }) => plainFacts(name)));
const data = { clip, set, names, truth, features, facts, seed, draws };

const parts = { zeroShot, fewShot, plainBaselines, confusion, calibration, subgroups, leaks, rareClass };
const found = [];
const asked = values.only?.split(",") ?? Object.keys(parts);
for (const [i, name] of asked.entries()) {
  console.error(`${name}, ${i + 1} of ${asked.length} …`);
  const table = await parts[name](data);
  found.push(table);
  if (values.json) continue;
  const rows = [table.columns, ...table.rows].map((row) => row.map(String));
  const widths = table.columns.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  console.log(`\n${table.title}\n`);
  for (const row of rows)
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join("  ")
        .trimEnd(),
    );
  for (const note of table.notes ?? []) console.log(`\n${note}`);
}
if (values.json)
  console.log(
    JSON.stringify({ model: clip.model.name, seed, pictures: truth.length, tables: found }, null, 2),
  );
await clip[Symbol.asyncDispose]();
