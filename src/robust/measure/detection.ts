import { auroc, falsePositivesAt95 } from "../../evaluate/metrics.js";
import { joined } from "../arrays.js";
import { pgd } from "../attacks/gradient.js";
import { bell, smooth } from "../corrupt/plane.js";
import { pixelsOf } from "../squares.js";
import type { Judge, Slopes, Victim } from "../victim.js";
import { type MeasureListener, passesOf } from "./rate.js";
import { preyOf, type Scene } from "./scene.js";

/** How well a figure tells pictures of the set from others. */
export interface DetectionRow {
  /** What the others are: pictures of nothing among the labels, attacked ones, or attacked by someone who knows the detector. */
  readonly strangers: "outside" | "attacked" | "attacked-adaptive";
  readonly by: "largest cosine" | "largest share" | "change when softened";
  readonly pictures: number;
  readonly auroc: number;
  /** Share of the others that pass where 95 % of the set's own do. */
  readonly fpr95: number;
}

/** How much a picture is softened, pixels: an attack's finest detail goes, a photo keeps its meaning. */
const SIGMA = 1;

/** Pixels [n · each], every picture softened. */
function softened(pixels: Float32Array, size: number): Float32Array {
  const each = size * size * 3;
  const weights = bell(SIGMA);
  return joined(
    Array.from({ length: pixels.length / each }, (_, i) =>
      smooth(pixels.subarray(i * each, (i + 1) * each), size, 3, weights),
    ),
  );
}

/** The largest logit of each picture, and its share among all. */
function confidences(
  logits: Float32Array,
  labels: number,
): { readonly cosine: number[]; readonly share: number[] } {
  const rows = Array.from({ length: logits.length / labels }, (_, i) =>
    logits.subarray(i * labels, (i + 1) * labels),
  );
  const most = rows.map((row) => row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY));
  const share = rows.map((row, i) => 1 / row.reduce((sum, value) => sum + Math.exp(value - most[i]!), 0));
  return { cosine: most, share };
}

/** Cosine of a picture with itself softened: feature squeezing (Xu, Evans and Qi 2018, arXiv 1704.01155) on CLIP's vectors. */
async function steadiness(judge: Judge, pixels: Float32Array, size: number): Promise<number[]> {
  const [own, soft] = [await judge(pixels, 1), await judge(softened(pixels, size), 1)];
  const each = size * size * 3;
  const count = pixels.length / each;
  const dim = own.unit.length / count;
  return Array.from({ length: count }, (_, i) => {
    let cosine = 0;
    for (let k = i * dim; k < (i + 1) * dim; k++) cosine += own.unit[k]! * soft.unit[k]!;
    return cosine;
  });
}

/** Slopes of a picture and its softened form together: who climbs them changes both alike, and the detector sees no difference. */
function steadySlopes(slopes: Slopes, size: number): Slopes {
  return async (pixels, truth, seed) => {
    const own = await slopes(pixels, truth, seed);
    const soft = await slopes(softened(pixels, size), truth, seed);
    // The kernel is even, and mirrored edges aside its own transpose.
    const back = softened(soft.gradient, size);
    return { ...own, gradient: own.gradient.map((value, i) => (value + back[i]!) / 2) };
  };
}

export interface DetectionOptions extends MeasureListener {
  readonly epsilon: number;
  readonly steps: number;
  /** Squares of pictures that show nothing among the labels. */
  readonly outside?: readonly Uint8Array[] | undefined;
}

/** How well pictures that do not belong, and attacked ones, are found out. Raises `graph.gradient`, `runtime.*`, `aborted`. */
export async function measureDetection(scene: Scene, options: DetectionOptions): Promise<DetectionRow[]> {
  const { epsilon, steps, outside, signal } = options;
  const { victim, seed } = scene;
  const prey = preyOf(scene);
  const rows: DetectionRow[] = [];
  const row = (
    strangers: DetectionRow["strangers"],
    by: DetectionRow["by"],
    own: number[],
    others: number[],
  ): void => {
    rows.push({
      strangers,
      by,
      pictures: others.length,
      auroc: auroc(own, others),
      fpr95: falsePositivesAt95(own, others),
    });
  };
  const passes = passesOf([1, 1, steps, 2 * steps], options);
  const own = await lookedAt(victim, prey.pixels);
  passes.end();
  const compare = async (strangers: DetectionRow["strangers"], pixels: Float32Array): Promise<void> => {
    const others = await lookedAt(victim, pixels);
    row(strangers, "largest cosine", own.cosine, others.cosine);
    row(strangers, "largest share", own.share, others.share);
    row(strangers, "change when softened", own.steady, others.steady);
  };
  if (outside && outside.length > 0) await compare("outside", pixelsOf(outside));
  passes.end();
  const budget = { norm: "linf" as const, epsilon, seed, signal, steps };
  await compare("attacked", await pgd(victim.slopes, prey, { ...budget, onStep: () => passes.pass() }));
  passes.end();
  // A fooled answer is half of it: both forms of the picture are to say the same.
  const slopes = steadySlopes(victim.slopes, victim.size);
  await compare(
    "attacked-adaptive",
    await pgd(slopes, prey, { ...budget, toTheEnd: true, onStep: () => passes.pass(2) }),
  );
  passes.end();
  return rows;
}

async function lookedAt(
  { judge, labels, size }: Victim,
  pixels: Float32Array,
): Promise<{ cosine: number[]; share: number[]; steady: number[] }> {
  const { logits } = await judge(pixels, 1);
  return { ...confidences(logits, labels), steady: await steadiness(judge, pixels, size) };
}
