import { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Graph, Value } from "../graph/types.js";
import { paddingMask } from "./padding-mask.js";
import { project } from "./projection.js";
import type { BidirectionalTextSpec } from "./spec.js";
import { loadNorm, normalise, transformerStack } from "./transformer.js";
import type { Weights } from "./weights.js";

const BLOCKS = "transformer.resblocks";

/** The first token's place among the sines: M2M-100 keeps 0 and 1 (transformers, modeling_m2m_100.py, `padding_idx + 1`). */
const FIRST_SINE = 2;

/**
 * A text tower whose tokens all see each other as a graph: `input_ids` i32 [n, length] and, of a tower that masks, `attention_mask` i32
 * [n, length] → `features` f32 [n, dim], not of unit length. Read at the last place, rows have to be as long as the model was
 * trained with: what fills them up is part of what is read.
 */
export function buildBidirectionalText(spec: BidirectionalTextSpec, dim: number, weights: Weights): Graph {
  const { width, heads, vocabulary, contextLength, masked, pool } = spec;
  const g = new GraphBuilder("text");
  const ids = g.input("input_ids", "i32", ["n", "length"]);
  const mask = masked ? paddingMask(g, g.input("attention_mask", "i32", ["n", "length"])) : undefined;
  const shape = ops.shapeOf(g, ids);
  const length = ops.gather(g, shape, g.ints([1]));
  const byText = ops.concat(g, [shape, g.ints([width])], 0);
  const rowsOf = (x: Value): Value => ops.reshape(g, x, byText);

  const table = weights.stored(g, "token_embedding.weight", [vocabulary, width], {
    dims: [vocabulary, width],
  });
  const tokens = scaled(g, ops.cast(g, ops.gather(g, table, ids), "f32"), spec);
  const places = g.floats("positions", positionsOf(spec, weights), [contextLength, width]);
  const positions = ops.slice(g, places, g.ints([0]), length, 0);
  const sum = ops.reshape(g, ops.add(g, tokens, positions), [-1, width]);
  const last = ops.subtract(g, length, g.ints([1]));
  const pooled = transformerStack(
    g,
    weights,
    { sum, normed: normalise(g, sum, loadNorm(g, weights, `${BLOCKS}.0.ln_1`, spec)) },
    {
      spec,
      prefix: BLOCKS,
      attend: ({ q, k, v, bias }) => {
        const inputs = { q: rowsOf(q), k: rowsOf(k), v: rowsOf(v), bias };
        return ops.reshape(g, ops.multiHeadAttention(g, inputs, heads, mask?.all), [-1, width]);
      },
      finalNorm: loadNorm(g, weights, "ln_final", spec),
      read: {
        pick: (rows) =>
          pool === "first"
            ? ops.slice(g, rowsOf(rows), g.ints([0]), g.ints([1]), 1)
            : ops.slice(g, rowsOf(rows), last, length, 1),
        seen: rowsOf,
        ...(mask ? { mask: mask.row } : {}),
      },
    },
  );
  g.output(project(g, weights, pooled, spec.projection, width, dim), "features", ["n", dim]);
  return g.finish();
}

function scaled(g: GraphBuilder, tokens: Value, { positions }: BidirectionalTextSpec): Value {
  if (positions.kind === "learnt" || positions.scale === 1) return tokens;
  return ops.multiply(g, tokens, g.floats("embedding.scale", Float32Array.of(positions.scale), [1]));
}

/** f32 [context, width]: the learnt table, or sines and then cosines of wave lengths from 2π to 20,000π. */
function positionsOf(spec: BidirectionalTextSpec, weights: Weights): Float32Array {
  const { contextLength, width } = spec;
  if (spec.positions.kind === "learnt") return weights.floats("positional_embedding", [contextLength, width]);
  const half = Math.floor(width / 2);
  const table = new Float32Array(contextLength * width);
  for (let place = 0; place < contextLength; place++) {
    for (let i = 0; i < half; i++) {
      // In f32 as torch computes them.
      const frequency = Math.fround(Math.exp(Math.fround(i * -Math.fround(Math.log(10000) / (half - 1)))));
      const angle = Math.fround((place + FIRST_SINE) * frequency);
      table[place * width + i] = Math.sin(angle);
      table[place * width + half + i] = Math.cos(angle);
    }
  }
  return table;
}
