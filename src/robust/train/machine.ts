import { throwIfAborted } from "../../errors.js";
import { gradientOf } from "../../graph/gradient/backward.js";
import { withWeightsAsInputs } from "../../graph/gradient/weights-as-inputs.js";
import type { Graph } from "../../graph/types.js";
import { seeded } from "../../math/random.js";
import type { Embedding } from "../../math/unit.js";
import type { Feed, Session, SessionOptions } from "../../runtime/session.js";
import { columnsOf, joined, oneHot } from "../arrays.js";
import { type Budget, climb, project, scatter } from "../attacks/ball.js";
import { ANCHORS, crossEntropy, LABELS, LOSS, squaredDistance, TARGETS } from "../objectives.js";
import { openGradients } from "../open-gradients.js";
import { PIXELS } from "../tower.js";
import type { Tensors } from "./adam.js";
import type { Learnt } from "./learnt.js";

/** What pictures are pulled to. */
export type Aim =
  | { readonly method: "fare"; readonly anchors: readonly Embedding[] }
  | {
      readonly method: "tecoa";
      readonly truth: readonly number[];
      readonly texts: readonly Embedding[];
      readonly logitScale: number;
    };

/** Some pictures of a training set: pixels f32 [n, size, size, 3], and their places in the set. */
export interface Batch {
  readonly pixels: Float32Array;
  readonly places: readonly number[];
}

/** A tower whose weights come from outside each time, with the derivatives that training needs. */
export interface Machine extends AsyncDisposable {
  /** Pixels changed so that the loss grows. */
  attack(batch: Batch, weights: Tensors, budget: Budget, steps: number, seed: number): Promise<Float32Array>;
  /** Sum of the losses of a batch; its gradients are added to `gradients`. */
  learn(batch: Batch, weights: Tensors, gradients: Tensors): Promise<number>;
  /** Sum of the losses of a batch. */
  loss(batch: Batch, weights: Tensors): Promise<number>;
}

export interface MachineOptions {
  readonly folder: string;
  readonly session?: SessionOptions;
  readonly signal?: AbortSignal | undefined;
}

/** Opens a tower for training. Raises `graph.gradient`, `runtime.*`. */
export async function openMachine(
  { tower, names }: Learnt,
  aim: Aim,
  options: MachineOptions,
): Promise<Machine> {
  const graph = withWeightsAsInputs(objective(tower, aim), names);
  const attacking = await openGradients(graph, [PIXELS], { ...options, name: "attack" });
  const learning = await openGradients(graph, names, { ...options, name: "learn" });
  const shapes = new Map(graph.inputs.map(({ name, shape }) => [name, shape as readonly number[]]));
  const { size } = tower;
  const each = size * size * 3;
  const feedsOf = (
    pixels: Float32Array,
    places: readonly number[],
    weights: Tensors,
  ): Record<string, Feed> => {
    const fixed = [...weights].map(([name, data]): [string, Feed] => {
      return [name, { type: "float32", data, dims: shapes.get(name)! }];
    });
    const own: Feed = { type: "float32", data: pixels, dims: [places.length, size, size, 3] };
    return { ...Object.fromEntries(fixed), [PIXELS]: own, ...aimFeeds(aim, places) };
  };
  const slopesOf = (
    session: Session,
    pixels: Float32Array,
    places: readonly number[],
    weights: Tensors,
    of: readonly string[],
  ) => {
    throwIfAborted(options.signal);
    return session.runAll(feedsOf(pixels, places, weights), [LOSS, ...of]);
  };
  return {
    async attack({ pixels, places }, weights, budget, steps, seed) {
      const changed = pixels.slice();
      scatter(changed, each, budget, seeded(seed));
      project(changed, pixels, each, budget);
      // Steps of one attack together reach past the budget, as PGD's do; a single one of all of it is the fast form (Wong et al. 2020).
      const stride = (budget.epsilon * (steps === 1 ? 1.25 : 2)) / Math.max(1, steps);
      for (let step = 0; step < steps; step++) {
        const [, gradient] = await slopesOf(attacking, changed, places, weights, [gradientOf(PIXELS)]);
        climb(changed, gradient!.data, each, budget.norm, stride);
        project(changed, pixels, each, budget);
      }
      return changed;
    },
    async learn({ pixels, places }, weights, gradients) {
      const [loss, ...slopes] = await slopesOf(learning, pixels, places, weights, names.map(gradientOf));
      for (const [i, { data }] of slopes.entries()) {
        const sum = gradients.get(names[i]!)!;
        for (let at = 0; at < sum.length; at++) sum[at]! += data[at]!;
      }
      return total(loss!.data);
    },
    async loss({ pixels, places }, weights) {
      const [loss] = await slopesOf(attacking, pixels, places, weights, []);
      return total(loss!.data);
    },
    async [Symbol.asyncDispose]() {
      await attacking[Symbol.asyncDispose]();
      await learning[Symbol.asyncDispose]();
    },
  };
}

function objective(tower: Learnt["tower"], aim: Aim): Graph {
  return aim.method === "fare" ? squaredDistance(tower) : crossEntropy(tower, aim.logitScale);
}

function aimFeeds(aim: Aim, places: readonly number[]): Record<string, Feed> {
  if (aim.method === "fare") {
    const data = joined(places.map((place) => aim.anchors[place]!));
    return { [ANCHORS]: { type: "float32", data, dims: [places.length, data.length / places.length] } };
  }
  const { texts, truth } = aim;
  const targets = oneHot(
    places.map((place) => truth[place]!),
    texts.length,
  );
  return {
    [LABELS]: { type: "float32", data: columnsOf(texts), dims: [texts[0]!.length, texts.length] },
    [TARGETS]: { type: "float32", data: targets, dims: [places.length, texts.length] },
  };
}

function total(losses: Float32Array): number {
  return losses.reduce((sum, loss) => sum + loss, 0);
}
