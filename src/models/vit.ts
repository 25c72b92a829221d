import { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Graph, Value } from "../graph/types.js";
import { transposeBytes } from "./permute.js";
import type { Normalisation, VitSpec } from "./spec.js";
import { loadNorm, normalise, transformerStack } from "./transformer.js";
import type { Weights } from "./weights.js";

/** Vision transformer as a graph: `pixels` u8 [n, size, size, 3] → `features` f32 [n, dim], not of unit length. */
export function buildVit(spec: VitSpec, dim: number, weights: Weights, normalisation: Normalisation): Graph {
  const { size, patch, width } = spec;
  const grid = size / patch;
  const g = new GraphBuilder("image");
  const pixels = g.input("pixels", "u8", ["n", size, size, 3]);

  const rows = rowsWithClass(g, patchRows(g, pixels, { patch, grid }));
  const { kernel, offset } = foldedKernel(g, spec, weights, normalisation);
  const positions = positionsWith(g, offset, grid, weights);

  const entry = loadNorm(g, weights, "visual.ln_pre", spec);
  const embedded = normalise(g, ops.add(g, ops.matMul(g, rows, kernel), positions), entry);
  const sum = ops.reshape(g, embedded, [-1, width]);
  const first = loadNorm(g, weights, "visual.transformer.resblocks.0.ln_1", spec);
  const normed = normalise(g, sum, first);
  const byPicture = (rows: Value): Value => ops.reshape(g, rows, [-1, 1 + grid * grid, width]);
  const pooled = transformerStack(
    g,
    weights,
    { sum, normed },
    {
      spec,
      prefix: "visual.transformer.resblocks",
      attend: ({ q, k, v, bias }) => {
        const inputs = { q: byPicture(q), k: byPicture(k), v: byPicture(v), bias };
        return ops.reshape(g, ops.multiHeadAttention(g, inputs, spec.heads), [-1, width]);
      },
      finalNorm: loadNorm(g, weights, "visual.ln_post", spec),
      read: {
        pick: (rows) => ops.slice(g, byPicture(rows), g.ints([0]), g.ints([1]), 1),
        seen: byPicture,
      },
    },
  );
  const projection = weights.rows(g, "visual.proj", [width, dim]);
  g.output(ops.matMul(g, pooled, projection), "features", ["n", dim]);
  return g.finish();
}

/**
 * The patch convolution as a matrix [patch · patch · 3, width] over raw bytes: conv(w, (x / 255 − mean) / std) =
 * Σ x · w / (255 · std) + offset. The scale is applied in the graph, so that f16 weights keep their bits on disk.
 */
export function foldedKernel(
  g: GraphBuilder,
  { patch, width }: { readonly patch: number; readonly width: number },
  weights: Weights,
  { mean, std }: Normalisation,
): { kernel: Value; offset: Float64Array } {
  const name = "visual.conv1.weight";
  const shape = [width, 3, patch, patch];
  const inputs = patch * patch * 3;
  const stored = weights.stored(g, name, shape, {
    dims: [inputs, width],
    // [width, 3, y·x] → [width, y·x, 3] → [y·x·3, width]
    arrange: (bytes, element) =>
      transposeBytes(transposeBytes(bytes, 3, patch * patch, element, width), width, inputs, element),
  });
  const scales = Float32Array.from({ length: inputs }, (_, i) => 1 / (255 * std[i % 3]!));
  const kernel = ops.multiply(g, ops.cast(g, stored, "f32"), g.floats(`${name}.scale`, scales, [inputs, 1]));

  const values = weights.floats(name, shape);
  const offset = new Float64Array(width);
  for (let i = 0; i < values.length; i++) {
    const channel = Math.floor(i / (patch * patch)) % 3;
    offset[Math.floor(i / inputs)]! -= (values[i]! * mean[channel]!) / std[channel]!;
  }
  return { kernel, offset };
}

/** u8 [n, grid · patch, grid · patch, 3] → [n, grid², patch² · 3], a patch a row. */
export function patchRows(
  g: GraphBuilder,
  pixels: Value,
  { patch, grid }: { readonly patch: number; readonly grid: number },
): Value {
  const cells = ops.transpose(
    g,
    ops.reshape(g, pixels, [-1, grid, patch, grid, patch, 3]),
    [0, 1, 3, 2, 4, 5],
  );
  return ops.reshape(g, cells, [-1, grid * grid, patch * patch * 3]);
}

/** Patches as f32 behind a row of zeros, which stands for the class token: the positions that are added to it carry its embedding. */
export function rowsWithClass(g: GraphBuilder, patches: Value): Value {
  return ops.cast(g, ops.pad(g, patches, [0, 1, 0], [0, 0, 0]), "f32");
}

/** f32 [1 + grid², width]: positions, plus the class embedding in the first row and the patches' constant part, [width], in the others. */
export function positionsWith(g: GraphBuilder, offset: Float64Array, grid: number, weights: Weights): Value {
  const width = offset.length;
  const shape = [1 + grid ** 2, width];
  const classToken = weights.floats("visual.class_embedding", [width]);
  const positions = weights
    .floats("visual.positional_embedding", shape)
    .map((value, i) => value + (i < width ? classToken[i]! : offset[i % width]!));
  return g.floats("visual.positions", positions, shape);
}
