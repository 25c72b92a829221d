import { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Graph, Value } from "../graph/types.js";
import type { TextSpec } from "./spec.js";
import { loadNorm, normalise, transformerStack } from "./transformer.js";
import type { Weights } from "./weights.js";

/** Added to the scores of tokens after the end token: far below any score, far above f32's minimum. */
const NEVER = -1e30;

/**
 * Text transformer as a graph: `input_ids` i32 [n, length] → `features` f32 [n, dim], not of unit length. Any length up
 * to the context's will do: attention is causal, so what is cut after the end token changes nothing.
 */
export function buildText(spec: TextSpec, dim: number, weights: Weights): Graph {
  const { width, contextLength } = spec;
  const g = new GraphBuilder("text");
  const ids = g.input("input_ids", "i32", ["n", "length"]);
  const end = endPositions(g, ids, spec);
  const length = ops.gather(g, ops.shapeOf(g, ids), g.ints([1]));

  const table = weights.stored(g, "token_embedding.weight", [spec.vocabulary, width], {
    dims: [spec.vocabulary, width],
  });
  const tokens = ops.cast(g, ops.gather(g, table, ids), "f32");
  const allPositions = weights.small(g, "positional_embedding", [contextLength, width]);
  const positions = ops.slice(g, allPositions, g.ints([0]), length, 0);

  const first = loadNorm(g, weights, "transformer.resblocks.0.ln_1", spec);
  const sum = ops.reshape(g, ops.add(g, tokens, positions), [-1, width]);
  const stream = {
    sum,
    normed: normalise(g, sum, first),
    shape: ops.concat(g, [ops.shapeOf(g, ids), g.ints([width])], 0),
  };
  const pooled = transformerStack(g, weights, stream, {
    spec,
    prefix: "transformer.resblocks",
    causal: true,
    finalNorm: loadNorm(g, weights, "ln_final", spec),
    pick: (x) => ops.reshape(g, ops.gatherRow(g, x, end), [-1, 1, width]),
    pickMask: maskAfter(g, end, length, contextLength),
  });
  const projection = weights.rows(g, "text_projection", [width, dim]);
  g.output(ops.matMul(g, pooled, projection), "features", ["n", dim]);
  return g.finish();
}

/** i64 [n, 1]: where each row's feature is read. */
function endPositions(g: GraphBuilder, ids: Value, { end }: TextSpec): Value {
  if (end.kind === "largest") return ops.argMax(g, ids);
  const found = ops.equal(g, ids, ops.cast(g, g.ints(end.id), "i32"));
  return ops.argMax(g, ops.cast(g, found, "i32"));
}

/** f32 [n, 1, length]: 0 up to the end token and `NEVER` after it. */
function maskAfter(g: GraphBuilder, end: Value, length: Value, contextLength: number): Value {
  const numbers = g.ints(Array.from({ length: contextLength }, (_, i) => i));
  const after = ops.greater(g, ops.slice(g, numbers, g.ints([0]), length, 0), end);
  const never = g.floats("never", Float32Array.of(NEVER), [1]);
  return ops.unsqueeze(g, ops.multiply(g, ops.cast(g, after, "f32"), never), 1);
}
