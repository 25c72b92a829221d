// Point clouds and meshes: `npm run goals -- points [--only words,shots,speed] [--quick]`. Shapes are made by seeds: those that are measured on (1) are
// others than those that are learnt from (2) and those that weights of views are fitted on (3); nothing was chosen on seed 1.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootstrapInterval } from "../../dist/evaluate/statistics.js";
import { logitsOfAll } from "../../dist/fewshot/bulk.js";
import { fitHead } from "../../dist/fewshot/fit.js";
import { products } from "../../dist/fewshot/matrix.js";
import { depthTemplates } from "../../dist/points/classify.js";
import { encodeShapes } from "../../dist/points/encode.js";
import { generateShapes } from "../../dist/points/generate/folder.js";
import { KIND_NAMES, makeShape } from "../../dist/points/generate/generate.js";
import { openRenderer } from "../../dist/points/renderer.js";
import { fitViewWeights, pooled } from "../../dist/points/weights.js";
import { similaritiesOf } from "../../dist/zeroshot/predict.js";
import { mean, openKept, percent } from "./zeroshot-kept.mjs";

const [TEST, LEARNT, FITTED] = [1, 2, 3];
/** Shapes of a kind that are measured on, learnt from, and that weights are fitted on. */
const EACH = 8;
const SHOTS = 16;
const EACH_FITTED = 5;
const CHANCE = 1 / KIND_NAMES.length;
const say = (text) => process.stderr.write(`${text}\n`);

const known = new Map();

/** Made shapes of every kind → the vectors of their views, and their kinds; what was computed for one part is there for the next. */
function viewsOf(clip, seed, each, { form = "cloud", style = "auto" } = {}) {
  const key = [seed, each, form, style].join();
  if (!known.has(key)) known.set(key, computedViews(clip, seed, each, form, style));
  return known.get(key);
}

async function computedViews(clip, seed, each, form, style) {
  const truth = KIND_NAMES.flatMap((_, kind) => Array.from({ length: each }, () => kind));
  const shapes = truth.map((kind, i) =>
    makeShape(KIND_NAMES[kind], { seed: seed * 100_000 + (i % each) + 1, form, points: 10_000 }),
  );
  const views = [];
  let names = [];
  for await (const { id, result, views: seen } of encodeShapes(clip, shapes, { style })) {
    if (result instanceof Error) throw new Error(`${id}: ${result.message}`);
    names = Object.keys(seen);
    views.push(Object.values(seen));
    if (views.length % 50 === 0) say(`${form} ${style}, seed ${seed}: ${views.length} of ${shapes.length}`);
  }
  return { views, truth, names };
}

const largest = (scores) => scores.indexOf(scores.reduce((a, b) => Math.max(a, b), -Infinity));

/** [shapes] 1 where the words alone name the kind. */
function rightByWords({ views, truth, names }, labels, logitScale, weights) {
  return views.map((own, i) => {
    const vector = pooled(own, names, weights, { labels, logitScale });
    return Number(largest(similaritiesOf(vector, labels)) === truth[i]);
  });
}

function shown(right) {
  const { low, high } = bootstrapInterval(right);
  return `${percent(mean(right))} (${percent(low)}–${percent(high)})`;
}

async function* words(clip, quick) {
  const labels = await clip.zeroShotWeights(KIND_NAMES, depthTemplates());
  const { logitScale } = clip.model;
  const each = quick ? 4 : EACH;
  const styles = [
    ["cloud", "auto"],
    ["mesh", "auto"],
    ["cloud", "realistic"],
    ["cloud", "plain"],
  ];
  for (const [form, style] of styles) {
    const set = await viewsOf(clip, TEST, each, { form, style });
    const right = rightByWords(set, labels, logitScale);
    const asked = style === "auto";
    yield {
      goal: `zero-shot, ${KIND_NAMES.length} kinds × ${each} made ${form === "mesh" ? "meshes, lit" : `clouds, ${asked ? "shaded" : `${style} (PointCLIP${style === "realistic" ? " V2" : ""})`}`}`,
      asked: asked ? `≥ 3 × chance (${percent(3 * CHANCE)})` : "shown",
      measured: `${shown(right)}: ${(mean(right) / CHANCE).toFixed(1)} × chance`,
      ...(asked ? { met: mean(right) >= 3 * CHANCE } : {}),
    };
    if (form !== "cloud" || style !== "auto") continue;
    const fitting = await viewsOf(clip, FITTED, quick ? 2 : EACH_FITTED);
    const fitted = fitViewWeights({ ...fitting, labels, logitScale }, fitting.names);
    const by = (weights) => shown(rightByWords(set, labels, logitScale, weights));
    yield {
      goal: "the same with weights of views: equal / by entropy / fitted on other seeds",
      asked: "shown",
      measured: `${by("equal")} / ${by("entropy")} / ${by(fitted)}`,
    };
  }
}

async function* shots(clip, quick) {
  const labels = await clip.zeroShotWeights(KIND_NAMES, depthTemplates());
  const asShots = ({ views, truth, names }) => ({
    labels: KIND_NAMES,
    texts: labels.vectors,
    features: views.map((own) => pooled(own, names)),
    truth: Int32Array.from(truth),
    logitScale: clip.model.logitScale,
  });
  const from = asShots(await viewsOf(clip, LEARNT, quick ? 4 : SHOTS));
  const on = asShots(await viewsOf(clip, TEST, quick ? 4 : EACH));
  const { head, method } = await fitHead(from, { seed: 1 });
  const logits = await logitsOfAll(head, on.features, await products(on.features, on.texts), on.logitScale);
  const width = KIND_NAMES.length;
  const right = Array.from(on.truth, (kind, i) =>
    Number(largest(logits.subarray(i * width, (i + 1) * width)) === kind),
  );
  yield {
    goal: `${quick ? 4 : SHOTS} made clouds a kind to learn from (${method})`,
    asked: "≥ 60 %",
    measured: shown(right),
    met: mean(right) >= 0.6,
  };
}

async function* speed(_clip, quick) {
  const [count, points] = [quick ? 100 : 1_000, 10_000];
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-points-"));
  try {
    await generateShapes(folder, { seed: 4, count: count / KIND_NAMES.length, points, missing: 0 });
    const files = KIND_NAMES.flatMap((kind) =>
      Array.from({ length: count / KIND_NAMES.length }, (_, i) =>
        join(folder, kind.replaceAll(" ", "_"), `${String(i + 1).padStart(5, "0")}.ply`),
      ),
    );
    for (const style of ["shaded", "realistic", "plain"]) {
      const renderer = openRenderer(2);
      const start = performance.now();
      let next = 0;
      const work = async () => {
        while (next < files.length)
          await renderer.draw({ input: files[next++], size: 224, options: { style } });
      };
      await Promise.all(Array.from({ length: 4 }, work));
      const seconds = (performance.now() - start) / 1000;
      await renderer[Symbol.asyncDispose]();
      yield {
        goal: `${count} clouds of ${points} points, read and drawn from ten sides, 2 threads: ${style}`,
        asked: `< ${(60 * count) / 1000} s`,
        measured: `${seconds.toFixed(1)} s`,
        met: seconds < (60 * count) / 1000,
      };
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Figures of others on real data; arXiv 2211.11682 (table 1 of version 2, zero-shot) and PointCLIP's repository (16 shots). */
const PUBLISHED = [
  ["PointCLIP, zero-shot: ModelNet10 / ModelNet40 / ScanObjectNN (objects only)", "30.2 % / 23.8 % / 21.3 %"],
  [
    "PointCLIP V2, zero-shot: ModelNet10 / ModelNet40 / ScanObjectNN (objects only)",
    "73.1 % / 64.2 % / 50.1 %",
  ],
  ["PointCLIP, 16 shots: ModelNet40", "86.7 %"],
];

const PARTS = { words, shots, speed };

export async function* measure(args) {
  const only = args[args.indexOf("--only") + 1];
  const names = args.includes("--only") ? only.split(",") : Object.keys(PARTS);
  const clip = await openKept("starter");
  try {
    for (const name of names) {
      for await (const row of PARTS[name](clip, args.includes("--quick"))) {
        say(`${row.goal}: ${row.measured}`);
        yield row;
      }
    }
  } finally {
    await clip[Symbol.asyncDispose]();
  }
  for (const [goal, measured] of PUBLISHED) yield { goal, asked: "published, not measured here", measured };
}
