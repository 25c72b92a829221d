import type { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Value } from "../graph/types.js";

/** The projections of one attention layer. */
export interface ProbeWeights {
  /** [heads, width / heads, width] each, rows [out, in] as torch stores them. */
  readonly key: Value;
  readonly value: Value;
  /** [width, width], transposed for a product with rows */
  readonly query: Value;
  /** [width] each. The key's bias adds the same to all scores of a row, so softmax does not see it. */
  readonly queryBias: Value;
  readonly valueBias: Value;
}

/**
 * Attention of one row over all rows: [n, 1, width] and [n, l, width] → [n, 1, width].
 * With a single query, (x·Kᵀ)·q = x·(Kᵀ·q) and Σp(x·Vᵀ) = (Σp·x)·Vᵀ: keys and values of the l rows are never computed,
 * which saves 2·l·width² products a picture (6.9 % of RN50, 1.3 % of ViT-B/32) and changes only the order of sums.
 */
export function attendFromOne(
  g: GraphBuilder,
  row: Value,
  x: Value,
  from: ProbeWeights,
  shape: { readonly width: number; readonly heads: number },
  mask?: Value,
): Value {
  const { width, heads } = shape;
  const perHead = width / heads;
  const query = ops.add(g, ops.matMul(g, row, from.query), from.queryBias);
  const byHead = ops.transpose(g, ops.reshape(g, query, [-1, heads, perHead]), [1, 0, 2]);
  const probes = ops.transpose(g, ops.matMul(g, byHead, from.key), [1, 0, 2]);
  const scores = ops.matMulTransposed(g, probes, x, 1 / Math.sqrt(perHead));
  const shares = ops.softmax(g, mask ? ops.add(g, scores, mask) : scores);
  const pooled = ops.transpose(g, ops.matMul(g, shares, x), [1, 0, 2]);
  const values = ops.transpose(g, ops.matMulTransposed(g, pooled, from.value), [1, 0, 2]);
  return ops.add(g, ops.reshape(g, values, [-1, 1, width]), from.valueBias);
}
