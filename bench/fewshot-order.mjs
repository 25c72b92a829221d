// Do published gains of few-shot methods come in their order, on weights and pictures that you have? Run:
//   node bench/fewshot-order.mjs MODEL --train FOLDER --test FOLDER [--shots 16] [--seeds 3] [--home FOLDER]
//
// Needs real CLIP weights (RN50 for the figures below) and, for those figures, ImageNet: neither can be had where zeroclip is made, so it was not
// run on them. Prints what was published, what is measured, and which relations hold; exit code 1 where one does not.
import { parseArgs } from "node:util";
import { learningCurve } from "../dist/fewshot/curve.js";
import { collectShots } from "../dist/fewshot/fewshot.js";
import { loadClip, openSet } from "../dist/index.js";

/** CLIP RN50 on ImageNet, %, by pictures a label: the authors' log, github.com/gaopengcuhk/Tip-Adapter, exp.log. */
const PUBLISHED = {
  "zero-shot": { 0: 60.32 },
  "tip-adapter": { 1: 60.7, 2: 60.96, 4: 60.98, 8: 61.45, 16: 62.01 },
  "clip-adapter": { 1: 61.2, 2: 61.52, 4: 61.84, 8: 62.68, 16: 63.59 },
  "tip-adapter-f": { 1: 61.13, 2: 61.69, 4: 62.52, 8: 64.0, 16: 65.51 },
};
const METHODS = ["tip-adapter", "clip-adapter", "tip-adapter-f"];

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    train: { type: "string" },
    test: { type: "string" },
    shots: { type: "string", default: "16" },
    seeds: { type: "string", default: "3" },
    home: { type: "string" },
  },
});
const [model] = positionals;
const [shots, seeds] = [Number(values.shots), Number(values.seeds)];
if (model === undefined || !values.train || !values.test || !(shots >= 1) || !(seeds >= 1)) {
  console.error("Expected a model, --train and --test with a folder a class, and whole numbers.");
  process.exit(2);
}

await using clip = await loadClip(model, {
  cache: { image: true, text: true },
  calibration: false,
  ...(values.home === undefined ? {} : { home: values.home }),
});
const read = async (folder) => (await collectShots(clip, await openSet(folder, folder))).shots;
const { zeroShot, points } = await learningCurve(await read(values.train), await read(values.test), {
  ...{ methods: METHODS, counts: [shots], seeds },
  onProgress: ({ method, done, total }) => done === total && console.error(`fitted: ${method}`),
});
const measured = {
  "zero-shot": 100 * zeroShot,
  ...Object.fromEntries(points.map(({ method, accuracy }) => [method, 100 * accuracy])),
};
console.log(
  `method         published (RN50, ImageNet)  measured (${clip.model.name}, ${shots} a label, ${seeds} draws)`,
);
for (const [method, share] of Object.entries(measured)) {
  const known = PUBLISHED[method][method === "zero-shot" ? 0 : shots];
  console.log(`${method.padEnd(14)} ${(known?.toFixed(2) ?? "—").padEnd(27)} ${share.toFixed(2)}`);
}
const relations = [
  ["tip-adapter", "zero-shot"],
  ["tip-adapter-f", "tip-adapter"],
  ["tip-adapter-f", "clip-adapter"],
];
const broken = relations.filter(([above, below]) => !(measured[above] >= measured[below]));
for (const [above, below] of relations)
  console.log(`${above} ≥ ${below}: ${measured[above] >= measured[below] ? "yes" : "NO"}`);
process.exitCode = broken.length > 0 ? 1 : 0;
