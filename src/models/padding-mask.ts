import type { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Value } from "../graph/types.js";

/** Added to the scores of tokens that may not be seen: far below any score, far above f32's minimum. */
export const NEVER = -1e30;

/** A mask of padding in the forms that towers take. */
export interface PaddingMask {
  /** f32 [n, 1, length]: 0 for tokens and `NEVER` for padding, for a row that is read alone. */
  readonly row: Value;
  /** f32 [n, 1, length, length]: the same for each token. */
  readonly all: Value;
}

/** i32 [n, length], 1 for tokens and 0 for padding → what is added to scores of attention. */
export function paddingMask(g: GraphBuilder, mask: Value): PaddingMask {
  const shape = ops.shapeOf(g, mask);
  const [count, length] = [ops.gather(g, shape, g.ints([0])), ops.gather(g, shape, g.ints([1]))];
  const padding = ops.subtract(g, g.floats("mask.one", Float32Array.of(1), [1]), ops.cast(g, mask, "f32"));
  const never = g.floats("mask.never", Float32Array.of(NEVER), [1]);
  const row = ops.unsqueeze(g, ops.multiply(g, padding, never), 1);
  const square = ops.concat(g, [count, g.ints([1]), length, length], 0);
  return { row, all: ops.expand(g, ops.unsqueeze(g, row, 1), square) };
}
