import type { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Value } from "../graph/types.js";
import type { Projection } from "./spec.js";
import type { Weights } from "./weights.js";

/** [n, width] → [n, dim] by `text_projection`, or its two matrices `text_projection.0` and `.2`, [in, out] each. */
export function project(
  g: GraphBuilder,
  weights: Weights,
  x: Value,
  projection: Projection,
  width: number,
  dim: number,
): Value {
  if (projection.kind === "none") return x;
  if (projection.kind === "mlp") {
    const { hidden } = projection;
    const inner = ops.gelu(g, ops.matMul(g, x, weights.rows(g, "text_projection.0", [width, hidden])));
    return ops.matMul(g, inner, weights.rows(g, "text_projection.2", [hidden, dim]));
  }
  const matrix = weights.rows(g, "text_projection", [width, dim]);
  if (!projection.bias) return ops.matMul(g, x, matrix);
  return ops.gemm(g, x, matrix, weights.small(g, "text_projection.bias", [dim]));
}
