import { erfc } from "../math/normal.js";
import { seeded } from "../math/random.js";

/**
 * A figure's range by the percentile bootstrap over pictures. Of shares right, 95 of 100 such ranges hold the figure that endless
 * pictures of the same kind would give. Not of ECE: with few pictures each estimate, and so its range, lies above that
 * figure, by the more the better the calibration is; its range says how far the estimate itself would change.
 */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Resamples of a bootstrap: the ends of an interval then move by less than a tenth of its width from seed to seed. */
const RESAMPLES = 2_000;
const COVERAGE = 0.95;
const SEED = 6;

/** Draws in all: for more pictures than this allows fewer resamples are taken, as narrow intervals need fewer. */
const MOST_DRAWS = 200_000_000;

export interface BootstrapOptions {
  readonly resamples?: number;
  readonly seed?: number;
}

/**
 * Intervals of statistics of n rows by the percentile bootstrap (Efron 1979): n rows drawn with replacement, 2,000 times;
 * the middle 95 % of what comes out. `statistics` gets how often each row was drawn, and returns one number a statistic.
 * The same for the same seed.
 */
export function bootstrapIntervals(
  n: number,
  statistics: (drawn: Uint16Array) => readonly number[],
  options: BootstrapOptions = {},
): Interval[] {
  const { seed = SEED, resamples = Math.max(200, Math.min(RESAMPLES, Math.floor(MOST_DRAWS / n))) } = options;
  const random = seeded(seed);
  const drawn = new Uint16Array(n);
  const found: number[][] = [];
  for (let resample = 0; resample < resamples && n > 0; resample++) {
    drawn.fill(0);
    for (let i = 0; i < n; i++) drawn[Math.floor(random() * n)]! += 1;
    for (const [at, value] of statistics(drawn).entries()) {
      found[at] ??= [];
      found[at].push(value);
    }
  }
  return found.map((values) => {
    values.sort((a, b) => a - b);
    return { low: quantile(values, (1 - COVERAGE) / 2), high: quantile(values, (1 + COVERAGE) / 2) };
  });
}

/**
 * Interval of a share that every row agrees on, where a bootstrap has no width: what n rows exclude with 97.5 %
 * (Clopper & Pearson 1934). Other intervals stay as they are.
 */
export function widened(interval: Interval, n: number): Interval {
  const { low, high } = interval;
  if (low !== high || (low !== 0 && low !== 1)) return interval;
  const excluded = 1 - ((1 - COVERAGE) / 2) ** (1 / n);
  return low === 1 ? { low: 1 - excluded, high } : { low, high: excluded };
}

/** Interval of the mean of some values. */
export function bootstrapInterval(values: ArrayLike<number>, options?: BootstrapOptions): Interval {
  const n = values.length;
  const [interval] = bootstrapIntervals(n, (drawn) => [weightedMean(values, drawn)], options);
  return interval ?? { low: 0, high: 0 };
}

/** Mean of values, each as often as it was drawn. */
export function weightedMean(values: ArrayLike<number>, drawn: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < drawn.length; i++) sum += drawn[i]! * values[i]!;
  return sum / drawn.length;
}

/** Sorted values → a quantile, on the line between its neighbours (numpy's default). */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below);
}

/** How two models differ on the same pictures or queries. */
export interface PairedTest {
  /** Pictures or queries that only the first, and only the second, has right. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** How probable such a difference is, or a larger one, between models that are equally good; two-sided. */
  readonly p: number;
  readonly method: "exact" | "chi-squared";
}

/** Below this many groups in which one is ahead, every way that coins may fall is counted. */
const FEW_DISCORDANT = 25;

/**
 * McNemar's test (1947) of which rows two models have right: exact for few differences, else with Edwards' correction (1948).
 * `groups`: what each row belongs to, where rows hang together (captions of one picture); default: each row by itself. Were
 * the models equally good, they might as well have changed places in any group, with all of its rows; for groups of one row
 * that is McNemar's test.
 */
export function mcnemar(
  first: readonly boolean[],
  second: readonly boolean[],
  groups?: readonly number[],
): PairedTest {
  let [onlyFirst, onlySecond] = [0, 0];
  const leads = new Map<number, number>();
  for (const [i, right] of first.entries()) {
    const other = second[i]!;
    if (right === other) continue;
    if (right) onlyFirst += 1;
    else onlySecond += 1;
    const group = groups?.[i] ?? i;
    leads.set(group, (leads.get(group) ?? 0) + (right ? 1 : -1));
  }
  const ahead = [...leads.values()].map(Math.abs).filter((lead) => lead > 0);
  const difference = Math.abs(onlyFirst - onlySecond);
  if (ahead.length < FEW_DISCORDANT) {
    return { onlyFirst, onlySecond, p: chanceOfSum(ahead, difference), method: "exact" };
  }
  const squares = ahead.reduce((sum, lead) => sum + lead * lead, 0);
  const chi = Math.max(0, difference - 1) ** 2 / squares;
  return { onlyFirst, onlySecond, p: erfc(Math.sqrt(chi / 2)), method: "chi-squared" };
}

/** Whole numbers, the sign of each thrown by a fair coin → P(|their sum| ≥ least). */
function chanceOfSum(values: readonly number[], least: number): number {
  let chances = new Map([[0, 1]]);
  for (const value of values) {
    const next = new Map<number, number>();
    for (const [sum, chance] of chances) {
      for (const to of [sum - value, sum + value]) next.set(to, (next.get(to) ?? 0) + chance / 2);
    }
    chances = next;
  }
  let total = 0;
  for (const [sum, chance] of chances) if (Math.abs(sum) >= least) total += chance;
  return Math.min(1, total);
}

/** p-values of a family → those that hold for all of them together (Holm 1979), in the same order. */
export function holm(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const out = new Array<number>(values.length);
  let largest = 0;
  for (const [place, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (values.length - place) * values[i]!));
    out[i] = largest;
  }
  return out;
}

/** True for each point that no other beats in one thing without being worse in the other: more is better in both. */
export function paretoFront(points: readonly { readonly x: number; readonly y: number }[]): boolean[] {
  return points.map(
    (own) =>
      !points.some((other) => other.x >= own.x && other.y >= own.y && (other.x > own.x || other.y > own.y)),
  );
}
