import { jit, type Matrix, matrix, nn, numpy, valueAndGrad } from "../matrix.js";
import { flat } from "../rows.js";
import type { Shots } from "../shots.js";
import type { Slope } from "../train.js";

/** [n, labels] 1 for each picture's label. */
export function oneHot(truth: Int32Array, labels: number): Float32Array {
  const all = new Float32Array(truth.length * labels);
  for (const [i, label] of truth.entries()) all[i * labels + label] = 1;
  return all;
}

/** Parameters and the pictures' vectors [n, dim] → logits [n, labels]. Takes both over. */
export type Logits = (parameters: Matrix[], features: Matrix, constants: Matrix[]) => Matrix;

/** Mean cross-entropy of the pictures and its gradients. */
export function crossEntropy(
  { features, truth, labels }: Shots,
  logits: Logits,
  constants: readonly { readonly values: Float32Array; readonly rows: number }[] = [],
): Slope & Disposable {
  const loss = (parameters: Matrix[], all: Matrix, target: Matrix, fixed: Matrix[]): Matrix =>
    numpy.sum(nn.logSoftmax(logits(parameters, all, fixed), -1).mul(target)).mul(-1 / truth.length);
  const step = jit(valueAndGrad(loss));
  const held = [
    matrix(flat(features), features.length),
    matrix(oneHot(truth, labels.length), truth.length),
    ...constants.map(({ values, rows }) => matrix(values, rows)),
  ];
  const slope = (parameters: Matrix[]): [Matrix, Matrix[]] => {
    const [all, target, ...fixed] = held.map((one) => one.ref);
    return step(parameters, all!, target!, fixed) as [Matrix, Matrix[]];
  };
  return Object.assign(slope, {
    [Symbol.dispose]: () => {
      for (const one of held) one.dispose();
      step.dispose?.();
    },
  });
}
