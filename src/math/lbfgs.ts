/** Value at a point and, written into `gradient`, its slope [n]. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  /** Most steps; default 200. */
  readonly steps?: number;
  /** Ends where no part of the gradient is larger; default 1e-6. */
  readonly tolerance?: number;
}

/** Pairs of steps and gradient changes that are remembered (Nocedal & Wright 2006, section 7.2: 3 to 20). */
const MEMORY = 10;

/** Share of the slope that a step has to gain (Armijo's constant, Nocedal & Wright 2006, section 3.1). */
const GAIN = 1e-4;
const MOST_HALVINGS = 40;

/** The point from `start` on where a smooth function is least: L-BFGS with backtracking (Nocedal & Wright 2006, algorithm 7.4). */
export function minimise(
  objective: Objective,
  start: Float64Array,
  options: LbfgsOptions = {},
): Float64Array {
  const { steps = 200, tolerance = 1e-6 } = options;
  let point: Float64Array = start.slice();
  let gradient: Float64Array = new Float64Array(point.length);
  let value = objective(point, gradient);
  const pairs: Pair[] = [];
  for (let step = 0; step < steps; step++) {
    if (gradient.every((part) => Math.abs(part) <= tolerance)) break;
    let direction = descent(gradient, pairs);
    let slope = inner(direction, gradient);
    if (slope >= 0) {
      pairs.length = 0;
      direction = gradient.map((part) => -part);
      slope = -inner(gradient, gradient);
    }
    const found = search(objective, point, value, direction, slope);
    if (found === undefined) break;
    const s = found.point.map((x, i) => x - point[i]!);
    const y = found.gradient.map((x, i) => x - gradient[i]!);
    const curvature = inner(s, y);
    if (curvature > 1e-12) pairs.push({ s, y, rho: 1 / curvature });
    if (pairs.length > MEMORY) pairs.shift();
    ({ point, gradient, value } = found);
  }
  return point;
}

interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** −H·gradient by the two loops over the remembered pairs. */
function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const q = gradient.map((part) => -part);
  const alphas = new Float64Array(pairs.length);
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { s, y, rho } = pairs[k]!;
    const alpha = rho * inner(s, q);
    alphas[k] = alpha;
    for (let i = 0; i < q.length; i++) q[i]! -= alpha * y[i]!;
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = 1 / (last.rho * inner(last.y, last.y));
    for (let i = 0; i < q.length; i++) q[i]! *= scale;
  }
  for (const [k, { s, y, rho }] of pairs.entries()) {
    const beta = rho * inner(y, q);
    for (let i = 0; i < q.length; i++) q[i]! += s[i]! * (alphas[k]! - beta);
  }
  return q;
}

/** The first of 1, ½, ¼ … steps that gains enough; undefined where none does. */
function search(
  objective: Objective,
  from: Float64Array,
  value: number,
  direction: Float64Array,
  slope: number,
): { point: Float64Array; gradient: Float64Array; value: number } | undefined {
  let length = 1;
  for (let tried = 0; tried < MOST_HALVINGS; tried++, length /= 2) {
    const point = from.map((x, i) => x + length * direction[i]!);
    const gradient = new Float64Array(from.length);
    const found = objective(point, gradient);
    if (found <= value + GAIN * length * slope) return { point, gradient, value: found };
  }
  return undefined;
}
