import { throwIfAborted } from "../errors.js";
import { gradientOf } from "../graph/gradient/backward.js";
import { prune } from "../graph/prune.js";
import type { Embedding } from "../math/unit.js";
import type { Feed, Session, SessionOptions } from "../runtime/session.js";
import { columnsOf, joined, oneHot } from "./arrays.js";
import { crossEntropy, LABELS, LOGITS, LOSS, TARGETS, UNIT } from "./objectives.js";
import { openGradients, openGraph } from "./open-gradients.js";
import { type FloatTower, PIXELS } from "./tower.js";

/** Pictures a run: what a backward pass keeps of eight of 260 × 260 pixels is about 2 GB. */
export const BATCH = 8;
const BATCH_SIDE = 260;
const MOST_BATCH = 64;

/** Pictures a run of smaller squares: as many as take that memory. */
export function batchOf(size: number): number {
  return Math.max(BATCH, Math.min(MOST_BATCH, Math.floor(BATCH * (BATCH_SIDE / size) ** 2)));
}

/** What a model says of some pictures. */
export interface Judged {
  /** Cosines times the logit scale, [n · labels]. */
  readonly logits: Float32Array;
  /** Unit vectors, [n · dim]. */
  readonly unit: Float32Array;
}

/** The same with the way that makes its answers worse fastest. */
export interface Slope {
  readonly logits: Float32Array;
  /** Cross-entropy of the true labels, [n]. */
  readonly loss: Float32Array;
  /** Of the losses by the pixels, [n · size · size · 3]. */
  readonly gradient: Float32Array;
}

/** What answers for pictures, f32 [n, size, size, 3], 0..255; `seed` draws whatever it draws. */
export type Judge = (pixels: Float32Array, seed: number) => Promise<Judged>;

/** What says in which direction pictures fool it; `truth` are positions of labels. */
export type Slopes = (pixels: Float32Array, truth: readonly number[], seed: number) => Promise<Slope>;

/** An image tower and the texts of labels, open for attacks. */
export interface Victim extends AsyncDisposable {
  readonly size: number;
  readonly labels: number;
  readonly judge: Judge;
  /** Raises `graph.gradient` where the tower can't be differentiated; it is made when it is first asked for. */
  readonly slopes: Slopes;
}

export interface VictimOptions {
  readonly folder: string;
  readonly name: string;
  readonly logitScale: number;
  readonly session?: SessionOptions;
  readonly signal?: AbortSignal | undefined;
}

/** Opens a tower to be attacked; unit vectors of its labels' texts, [labels]. Raises `runtime.*`. */
export async function openVictim(
  tower: FloatTower,
  texts: readonly Embedding[],
  options: VictimOptions,
): Promise<Victim> {
  const { size, dim } = tower;
  const labels = texts.length;
  const graph = crossEntropy(tower, options.logitScale);
  const columns: Feed = { type: "float32", data: columnsOf(texts), dims: [dim, labels] };
  const plain = prune({
    ...graph,
    inputs: graph.inputs.filter(({ name }) => name !== TARGETS),
    outputs: graph.outputs.filter(({ name }) => name !== LOSS),
  });
  const session = await openGraph(plain, options);
  let backward: Promise<Session> | undefined;
  const each = size * size * 3;
  const feedsOf = (data: Float32Array): Record<string, Feed> => ({
    [PIXELS]: { type: "float32", data, dims: [data.length / each, size, size, 3] },
    [LABELS]: columns,
  });
  return {
    size,
    labels,
    judge: async (pixels) => {
      const [logits, unit] = await inBatches(pixels, each, (data) => {
        throwIfAborted(options.signal);
        return session.runAll(feedsOf(data), [LOGITS, UNIT]);
      });
      return { logits: logits!, unit: unit! };
    },
    slopes: async (pixels, truth) => {
      backward ??= openGradients(graph, [PIXELS], { ...options, name: `${options.name}-gradient` });
      const open = await backward;
      const [logits, loss, gradient] = await inBatches(pixels, each, (data, from) => {
        throwIfAborted(options.signal);
        const n = data.length / each;
        const targets = oneHot(truth.slice(from, from + n), labels);
        const feeds = {
          ...feedsOf(data),
          [TARGETS]: { type: "float32" as const, data: targets, dims: [n, labels] },
        };
        return open.runAll(feeds, [LOGITS, LOSS, gradientOf(PIXELS)]);
      });
      return { logits: logits!, loss: loss!, gradient: gradient! };
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await (await backward?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

/** Runs so many pictures at once; each output as one array. */
async function inBatches(
  pixels: Float32Array,
  each: number,
  run: (data: Float32Array, from: number) => Promise<readonly { readonly data: Float32Array }[]>,
): Promise<Float32Array[]> {
  const parts: Float32Array[][] = [];
  const n = pixels.length / each;
  for (let from = 0; from < n; from += BATCH) {
    const found = await run(pixels.subarray(from * each, Math.min(n, from + BATCH) * each), from);
    for (const [i, { data }] of found.entries()) {
      parts[i] ??= [];
      parts[i].push(data);
    }
  }
  return parts.map(joined);
}

/** Position of the largest logit of each picture, the first of equals; −1 where none is a number. */
export function answersOf(logits: Float32Array, labels: number): number[] {
  return Array.from({ length: logits.length / labels }, (_, i) => {
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < labels; k++) {
      if (logits[i * labels + k]! > most) {
        most = logits[i * labels + k]!;
        best = k;
      }
    }
    return best;
  });
}

/** By how much the true label is ahead of the best other; negative where the answer is wrong. */
export function marginsOf(logits: Float32Array, labels: number, truth: readonly number[]): number[] {
  return truth.map((label, i) => {
    let other = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < labels; k++) if (k !== label) other = Math.max(other, logits[i * labels + k]!);
    return logits[i * labels + label]! - other;
  });
}
