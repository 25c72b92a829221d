import type { TensorMap } from "../checkpoint/tensor.js";
import { ClipError } from "../errors.js";
import type { DeriveOptions } from "./derive-options.js";
import { bertSpec, bidirectionalSpec, rotarySpec } from "./derive-text.js";
import { evenHeads, headsOf, Shapes, unsaidRotation } from "./shapes.js";
import type { ClipSpec, ImageSpec, TextSpec } from "./spec.js";

/** The original's layer norms all use torch's default. */
const DEFAULT_EPSILON = 1e-5;

/** Reads a model's sizes off its tensors' shapes (in OpenAI's names), as the original's `build_model` does. */
export function deriveSpec(tensors: TensorMap, options: DeriveOptions = {}): ClipSpec {
  const shapes = new Shapes(tensors);
  const { text, dim } = textAndDim(shapes, options);
  return { dim, image: imageSpec(shapes, options), text };
}

function imageSpec(shapes: Shapes, options: DeriveOptions): ImageSpec {
  if (shapes.tensors.has("visual.layer1.0.conv1.weight")) return resNetSpec(shapes, options);
  if (shapes.tensors.has("visual.blocks.0.attn.q_proj.weight")) return evaVitSpec(shapes, options);
  return shapes.tensors.has("visual.pool.probe") ? pooledVitSpec(shapes, options) : vitSpec(shapes, options);
}

function textAndDim(shapes: Shapes, options: DeriveOptions): Pick<ClipSpec, "text" | "dim"> {
  if (shapes.tensors.has("bert.embeddings.word_embeddings.weight")) return bertSpec(shapes, options);
  if (shapes.tensors.has("flash.embeddings.word_embeddings.weight")) return rotarySpec(shapes, options);
  if (options.textTower) return bidirectionalSpec(shapes, options);
  const [textWidth] = shapes.of("ln_final.weight", 1);
  const dim = shapes.of("text_projection", 2)[1];
  const text: TextSpec = {
    kind: "causal",
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
  return { dim, text };
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

function pooledVitSpec(shapes: Shapes, options: DeriveOptions): ImageSpec {
  const [width, , patch] = shapes.of("visual.conv1.weight", 4);
  const [positions] = shapes.of("visual.positional_embedding", 2);
  const grid = sideOf(positions, "visual.positional_embedding", 0);
  const size = sizeOfGrid(grid, patch, options);
  return {
    kind: "pooled-vit",
    size,
    patch,
    grid,
    width,
    layers: shapes.count(
      /^visual\.transformer\.resblocks\.(\d+)\./,
      "visual.transformer.resblocks.0.attn.in_proj_weight",
    ),
    heads: headsOf(width, options.imageHeads, "image"),
    inner: shapes.of("visual.transformer.resblocks.0.mlp.c_fc.weight", 2)[0],
    poolInner: shapes.of("visual.pool.mlp.c_fc.weight", 2)[0],
    activation: options.imageActivation ?? options.activation ?? "gelu_tanh",
    epsilon: options.imageEpsilon ?? DEFAULT_EPSILON,
  };
}

function evaVitSpec(shapes: Shapes, options: DeriveOptions): ImageSpec {
  const [width, , patch] = shapes.of("visual.conv1.weight", 4);
  const grid = sideOf(shapes.of("visual.positional_embedding", 2)[0], "visual.positional_embedding");
  const { tensors } = shapes;
  const hasHead = tensors.has("visual.head.weight");
  const { rotaryGrid } = options;
  if (rotaryGrid === undefined) throw unsaidRotation("pictures");
  return {
    kind: "eva-vit",
    size: sizeOfGrid(grid, patch, options),
    patch,
    grid,
    rotaryGrid,
    width,
    layers: shapes.count(/^visual\.blocks\.(\d+)\./, "visual.blocks.0.attn.q_proj.weight"),
    heads: evenHeads(headsOf(width, options.imageHeads, "image"), width, 4, "image"),
    inner: shapes.of("visual.blocks.0.mlp.w1.weight", 2)[0],
    activation: "silu",
    epsilon: options.imageEpsilon ?? 1e-6,
    dim: hasHead ? shapes.of("visual.head.weight", 2)[0] : width,
    projection: hasHead ? { kind: "linear", bias: tensors.has("visual.head.bias") } : { kind: "none" },
  };
}

/** The side of pictures: the configuration's, or that of whole patches. */
function sizeOfGrid(grid: number, patch: number, { imageSize }: DeriveOptions): number {
  const size = imageSize ?? grid * patch;
  const wanted = Math.floor(size / patch);
  if (wanted === grid) return size;
  const message = `Expected positions for ${wanted ** 2} patches of ${patch} pixels, as a picture of ${size} has, but the weights have ${grid ** 2}.`;
  throw new ClipError("checkpoint.shape", message);
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

/** The side of the square whose places, and `more` beside them, have positions. */
function sideOf(positions: number, name: string, more = 1): number {
  const side = Math.round(Math.sqrt(positions - more));
  if (side >= 1 && side * side === positions - more) return side;
  const message = `Expected ${name} to have ${more === 1 ? "1 + " : ""}n² rows for a square of places but received ${positions}.`;
  throw new ClipError("checkpoint.shape", message);
}
