import type { TensorMap } from "../checkpoint/tensor.js";
import { ClipError } from "../errors.js";
import type { Activation, ClipSpec, EndRule, ImageSpec, TextSpec } from "./spec.js";
import { missingTensor } from "./weights.js";

/** Width of one attention head in all of OpenAI's models; the weights' shapes do not show it (CLIP, model.py, `build_model`). */
const HEAD_WIDTH = 64;

/** The original's layer norms all use torch's default. */
const DEFAULT_EPSILON = 1e-5;

/** Most layers, bottlenecks or heads believed: far above any CLIP (48), low enough to keep a hostile file from making work. */
const MOST_LAYERS = 1000;

/** What shapes don't show; the original's values stand where nothing is given. */
export interface DeriveOptions {
  readonly activation?: Activation;
  readonly imageActivation?: Activation;
  readonly imageHeads?: number;
  readonly textHeads?: number;
  readonly imageEpsilon?: number;
  readonly textEpsilon?: number;
  readonly end?: EndRule;
}

/** Reads a model's sizes off its tensors' shapes (in OpenAI's names), as the original's `build_model` does. */
export function deriveSpec(tensors: TensorMap, options: DeriveOptions = {}): ClipSpec {
  const shapes = new Shapes(tensors);
  const [textWidth] = shapes.of("ln_final.weight", 1);
  const dim = shapes.of("text_projection", 2)[1];
  const text: TextSpec = {
    width: textWidth,
    layers: shapes.count(/^transformer\.resblocks\.(\d+)\./, "transformer.resblocks.0.attn.in_proj_weight"),
    heads: headsOf(textWidth, options.textHeads, "text"),
    inner: shapes.of("transformer.resblocks.0.mlp.c_fc.weight", 2)[0],
    activation: options.activation ?? "quick_gelu",
    epsilon: options.textEpsilon ?? DEFAULT_EPSILON,
    vocabulary: shapes.of("token_embedding.weight", 2)[0],
    contextLength: shapes.of("positional_embedding", 2)[0],
    end: options.end ?? { kind: "largest" },
  };
  const image = tensors.has("visual.layer1.0.conv1.weight")
    ? resNetSpec(shapes, options)
    : vitSpec(shapes, options);
  return { dim, image, text };
}

function vitSpec(shapes: Shapes, options: DeriveOptions): ImageSpec {
  const [width, , patch] = shapes.of("visual.conv1.weight", 4);
  const [positions] = shapes.of("visual.positional_embedding", 2);
  return {
    kind: "vit",
    size: sideOf(positions, "visual.positional_embedding") * patch,
    patch,
    width,
    layers: shapes.count(
      /^visual\.transformer\.resblocks\.(\d+)\./,
      "visual.transformer.resblocks.0.attn.in_proj_weight",
    ),
    heads: headsOf(width, options.imageHeads, "image"),
    inner: shapes.of("visual.transformer.resblocks.0.mlp.c_fc.weight", 2)[0],
    activation: options.imageActivation ?? options.activation ?? "quick_gelu",
    epsilon: options.imageEpsilon ?? DEFAULT_EPSILON,
  };
}

function resNetSpec(shapes: Shapes, options: DeriveOptions): ImageSpec {
  const [width] = shapes.of("visual.layer1.0.conv1.weight", 4);
  const [positions, poolWidth] = shapes.of("visual.attnpool.positional_embedding", 2);
  const blocks = (stage: number): number =>
    shapes.count(new RegExp(`^visual\\.layer${stage}\\.(\\d+)\\.`), `visual.layer${stage}.0.conv1.weight`);
  return {
    kind: "modified-resnet",
    size: sideOf(positions, "visual.attnpool.positional_embedding") * 32,
    width,
    blocks: [blocks(1), blocks(2), blocks(3), blocks(4)],
    heads: headsOf(poolWidth, options.imageHeads, "image"),
  };
}

/** The side of the square whose places, and one more, have positions. */
function sideOf(positions: number, name: string): number {
  const side = Math.round(Math.sqrt(positions - 1));
  if (side >= 1 && side * side === positions - 1) return side;
  const message = `Expected ${name} to have 1 + n² rows for a square of places but received ${positions}.`;
  throw new ClipError("checkpoint.shape", message);
}

function headsOf(width: number, given: number | undefined, tower: string): number {
  const heads = given ?? width / HEAD_WIDTH;
  if (Number.isInteger(heads) && heads >= 1 && width % heads === 0) return heads;
  const expected =
    given === undefined
      ? `a width that is a multiple of ${HEAD_WIDTH}`
      : `${given} heads to divide the width`;
  throw new ClipError(
    "checkpoint.shape",
    `Expected ${expected} in the ${tower} tower but received width ${width}.`,
  );
}

class Shapes {
  constructor(readonly tensors: TensorMap) {}

  of(name: string, rank: 1): [number];
  of(name: string, rank: 2): [number, number];
  of(name: string, rank: 4): [number, number, number, number];
  of(name: string, rank: number): number[] {
    const tensor = this.tensors.get(name);
    if (!tensor) throw missingTensor(name, `with ${rank === 1 ? "1 dimension" : `${rank} dimensions`}`);
    if (tensor.shape.length === rank && tensor.shape.every((size) => size >= 1)) return [...tensor.shape];
    const came = `[${tensor.shape.join(", ")}]`;
    throw new ClipError(
      "checkpoint.shape",
      `Expected ${tensor.name} to have ${rank} dimensions but received ${came}.`,
    );
  }

  /** Numbered parts 0, 1, 2 … of which the names have at least one tensor each. */
  count(pattern: RegExp, example: string): number {
    const found = new Set<number>();
    for (const name of this.tensors.keys()) {
      const number = pattern.exec(name)?.[1];
      if (number !== undefined && Number(number) < MOST_LAYERS) found.add(Number(number));
    }
    if (found.size > 0) return Math.max(...found) + 1;
    throw missingTensor(example, "and more of its kind");
  }
}
