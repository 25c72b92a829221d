import { numberOf } from "../attributes.js";
import type { GraphNode } from "../types.js";
import { type Rule, single } from "./rule.js";
import { noGradient, type Tape } from "./tape.js";

/** [.., m, k] · [.., k, n], either side transposed in its last two axes, times alpha. */
function products(node: GraphNode, gradient: string, tape: Tape): readonly (string | undefined)[] {
  const [a, b] = node.inputs as [string, string];
  const y = node.outputs[0]!;
  if (tape.sizesOf(a).length < 2 || tape.sizesOf(b).length < 2) throw noGradient(node, "with a single row");
  if (numberOf(node, "transBatchA", 0) + numberOf(node, "transBatchB", 0) > 0)
    throw noGradient(node, "with batches transposed");
  const [tA, tB] = [numberOf(node, "transA", 0) === 1, numberOf(node, "transB", 0) === 1];
  const alpha = numberOf(node, "alpha", 1);
  const forA = (): string =>
    tA ? tape.product(b, gradient, tB, true, alpha) : tape.product(gradient, b, false, !tB, alpha);
  const forB = (): string =>
    tB ? tape.product(gradient, a, true, tA, alpha) : tape.product(a, gradient, !tA, false, alpha);
  return [
    tape.needs(a) ? summed(forA(), a, b, y, tape) : undefined,
    tape.needs(b) ? summed(forB(), b, a, y, tape) : undefined,
  ];
}

/** Summed over the batches along which an operand was repeated. */
function summed(gradient: string, operand: string, other: string, y: string, tape: Tape): string {
  const [own, all] = [tape.sizesOf(operand), tape.sizesOf(y)];
  const more = all.length - own.length;
  const axes: number[] = [];
  for (let axis = 0; axis < all.length - 2; axis++)
    if (axis < more || (own[axis - more] === 1 && all[axis] !== 1)) axes.push(axis);
  // A matrix for each batch is only there where the other operand has batches.
  const kept = Math.max(own.length, tape.sizesOf(other).length);
  if (axes.length === 0 || kept === 2) return gradient;
  const sum = tape.sum(gradient, axes);
  return more === 0 ? sum : tape.reshapeLike(sum, operand);
}

/** alpha · A · B + beta · C of matrices. */
const gemm = single((node, gradient, tape) => {
  const [, , c] = node.inputs as [string, string, string | undefined];
  const beta = numberOf(node, "beta", 1);
  const bias = (name: string): string => tape.scaled(tape.sumTo(gradient, node.outputs[0]!, name), beta);
  return [...products(node, gradient, tape), c && tape.needs(c) ? bias(c) : undefined];
});

/** Turned back by the same angles: what undoes a rotation is its transpose. */
const rotation = single((node, gradient, tape) => {
  const [x, places, cos, sin] = node.inputs as [string, string, string, string];
  const back = (): string => {
    const inputs = [gradient, places, cos, tape.node("Neg", [sin])];
    return tape.node("RotaryEmbedding", inputs, node.attributes, "com.microsoft");
  };
  return [tape.needs(x) ? back() : undefined];
});

/** Operators that are matrix products: a rotation is one with a matrix for each place. */
export const PRODUCTS: Readonly<Record<string, Rule>> = {
  MatMul: single(products),
  FusedMatMul: single(products),
  Gemm: gemm,
  RotaryEmbedding: rotation,
};
