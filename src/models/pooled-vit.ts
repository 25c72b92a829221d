import { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Graph, Value } from "../graph/types.js";
import { attendFromOne } from "./attend-from-one.js";
import type { Normalisation, PooledVitSpec } from "./spec.js";
import { innerLayer, linear, loadNorm, normalise, oneRowWeights, transformerStack } from "./transformer.js";
import { foldedKernel, patchRows } from "./vit.js";
import type { Weights } from "./weights.js";

const BLOCKS = "visual.transformer.resblocks";

/**
 * SigLIP's image tower as a graph: `pixels` u8 [n, size, size, 3] → `features` f32 [n, width], not of unit length. Patches without a
 * class token, all rows of the last block, and a probe that attends to them; there is no projection after it.
 */
export function buildPooledVit(spec: PooledVitSpec, weights: Weights, normalisation: Normalisation): Graph {
  const { size, width, grid, heads } = spec;
  const places = grid * grid;
  const g = new GraphBuilder("image");
  const pixels = g.input("pixels", "u8", ["n", size, size, 3]);
  const patches = ops.cast(g, patchRows(g, wholePatches(g, pixels, spec), spec), "f32");
  const { kernel, offset } = foldedKernel(g, spec, weights, normalisation);
  const bias = weights.floats("visual.conv1.bias", [width]);
  const positions = weights
    .floats("visual.positional_embedding", [places, width])
    .map((value, i) => value + offset[i % width]! + bias[i % width]!);
  const placed = g.floats("visual.positions", positions, [places, width]);

  const byPicture = (rows: Value): Value => ops.reshape(g, rows, [-1, places, width]);
  const sum = ops.reshape(g, ops.add(g, ops.matMul(g, patches, kernel), placed), [-1, width]);
  const rows = transformerStack(
    g,
    weights,
    { sum, normed: normalise(g, sum, loadNorm(g, weights, `${BLOCKS}.0.ln_1`, spec)) },
    {
      spec,
      prefix: BLOCKS,
      attend: ({ q, k, v, bias }) => {
        const inputs = { q: byPicture(q), k: byPicture(k), v: byPicture(v), bias };
        return ops.reshape(g, ops.multiHeadAttention(g, inputs, heads), [-1, width]);
      },
      finalNorm: loadNorm(g, weights, "visual.ln_post", spec),
    },
  );
  g.output(pooled(g, weights, byPicture(rows), spec), "features", ["n", width]);
  return g.finish();
}

/** The part of a picture that whole patches cover, as a convolution without padding sees it. */
export function wholePatches(
  g: GraphBuilder,
  pixels: Value,
  { size, patch, grid }: { readonly size: number; readonly patch: number; readonly grid: number },
): Value {
  const covered = grid * patch;
  if (covered === size) return pixels;
  const cut = (x: Value, axis: number): Value => ops.slice(g, x, g.ints([0]), g.ints([covered]), axis);
  return cut(cut(pixels, 1), 2);
}

/** The probe asks all patches; what it is told and an inner layer over it are the feature. [n, places, width] → [n, width] */
function pooled(g: GraphBuilder, weights: Weights, rows: Value, spec: PooledVitSpec): Value {
  const { width, poolInner } = spec;
  const name = "visual.pool";
  const from = oneRowWeights(g, weights, name, spec);
  const probe = weights.small(g, `${name}.probe`, [1, 1, width]);
  const told = ops.reshape(g, attendFromOne(g, probe, rows, from, spec), [-1, width]);
  const sum = linear(g, weights, told, `${name}.attn.out_proj`, width, width);
  const normed = normalise(g, sum, loadNorm(g, weights, `${name}.ln`, spec));
  return ops.add(g, sum, innerLayer(g, weights, normed, name, { ...spec, inner: poolInner }));
}
