import { dot } from "../math/dot.js";
import { type Embedding, meanUnit } from "../math/unit.js";
import type { FeatureFigures, GateFigures } from "../models/manifest.js";

/** What a quantised model has to reach. Shares and cosines 0..1. */
export interface GateBounds {
  /** Of the picture or prompt that fares worst; default 0.99. */
  readonly worstCosine: number;
  /** Share of pictures for which both models choose the same label; default 0.98. */
  readonly agreement: number;
  /** Most of the share of right first choices that may be lost on labelled pictures; default: it is told, not judged. */
  readonly top1Drop?: number;
}

/** Features of one model: of all pictures, and of all prompts (label by label, template by template). */
export interface Features {
  readonly pictures: readonly Embedding[];
  readonly prompts: readonly Embedding[];
}

/** What zero-shot is compared on. */
export interface GateTask {
  readonly labels: readonly string[];
  /** Prompts of a label. */
  readonly templates: number;
  /** Positions of the pictures that are classified. */
  readonly judged: readonly number[];
  /** The right label's position for each of the judged, where they are labelled. */
  readonly truths?: readonly number[];
}

/** Features of a model and of its quantised form → all figures. */
export function gateFigures(fp32: Features, int8: Features, task: GateTask): GateFigures {
  const [own, other] = [choices(fp32, task), choices(int8, task)];
  const same = own.filter((choice, i) => choice === other[i]).length;
  const right = (found: readonly number[], truths: readonly number[]): number =>
    found.filter((choice, i) => choice === truths[i]).length / truths.length;
  const { truths } = task;
  return {
    pictures: compare(fp32.pictures, int8.pictures),
    prompts: compare(fp32.prompts, int8.prompts),
    agreement: { pictures: own.length, labels: task.labels.length, share: same / own.length },
    ...(truths
      ? { top1: { pictures: truths.length, fp32: right(own, truths), int8: right(other, truths) } }
      : {}),
  };
}

/** Unit vectors of two models for the same inputs → how near they are. */
export function compare(fp32: readonly Embedding[], int8: readonly Embedding[]): FeatureFigures {
  const cosines = fp32.map((vector, i) => dot(vector, int8[i]!));
  const mean = meanOf(fp32);
  const centred = fp32.map((vector, i) => cosine(minus(vector, mean), minus(int8[i]!, mean)));
  return {
    count: fp32.length,
    mean: average(cosines),
    worst: Math.min(...cosines),
    centredMean: average(centred),
    centredWorst: Math.min(...centred),
  };
}

/** One figure that is not reached. */
export interface GateFailure {
  readonly tower?: "image" | "text";
  /** A sentence without its full stop. */
  readonly words: string;
}

/** The figures that are not reached; empty where the model passes. */
export function gateFailures(figures: GateFigures, bounds: GateBounds): GateFailure[] {
  const { pictures, prompts, agreement, top1 } = figures;
  const failures: GateFailure[] = [];
  const cosineOf = (tower: "image" | "text", what: string, { worst, count }: FeatureFigures): void => {
    if (worst >= bounds.worstCosine) return;
    const words = `a worst cosine of ${bounds.worstCosine} between the features of ${count} ${what} but received ${fourDigits(worst)}`;
    failures.push({ tower, words });
  };
  cosineOf("image", "pictures", pictures);
  cosineOf("text", "prompts", prompts);
  if (!(agreement.share >= bounds.agreement)) {
    const words = `the same label for ${percent(bounds.agreement)} of ${agreement.pictures} pictures (${agreement.labels} labels) but received ${percent(agreement.share)}`;
    failures.push({ words });
  }
  if (top1 && bounds.top1Drop !== undefined && top1.fp32 - top1.int8 > bounds.top1Drop) {
    const words = `at most ${percent(bounds.top1Drop)} of right first choices to be lost but received ${percent(top1.fp32 - top1.int8)}`;
    failures.push({ words });
  }
  return failures;
}

/** Cut, not rounded: 0.99998 must not look like 1. */
export function fourDigits(value: number): string {
  return (Math.floor(value * 1e4) / 1e4).toFixed(4);
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}

/** The label that each judged picture is nearest to. */
function choices({ pictures, prompts }: Features, { labels, templates, judged }: GateTask): number[] {
  const weights = labels.map((_, i) => meanUnit(prompts.slice(i * templates, (i + 1) * templates)));
  return judged.map((position) => {
    const similarities = weights.map((weight) => dot(pictures[position]!, weight));
    return similarities.indexOf(Math.max(...similarities));
  });
}

function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const sum = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]!;
  return Float32Array.from(sum, (value) => value / vectors.length);
}

function minus(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value - b[i]!);
}

/** Two vectors of no length (one picture alone is its own mean) are the same. */
function cosine(a: Float32Array, b: Float32Array): number {
  const [aa, bb] = [dot(a, a), dot(b, b)];
  if (aa === 0 || bb === 0) return aa === bb ? 1 : 0;
  return dot(a, b) / Math.sqrt(aa * bb);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
