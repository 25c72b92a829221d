import { shuffled } from "../seeded.mjs";
import { mean, wilson } from "./statistics.mjs";

export const percent = (share) => `${(100 * share).toFixed(1)} %`;
export const range = ({ low, high }) => `(${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)})`;
/** A share with its 95 % range: of pictures that are independent of each other. */
export const share = (right, all) => `${percent(all === 0 ? 0 : right / all)} ${range(wilson(right, all))}`;
/** Mean and the least and largest of some draws. */
export const spread = (values, digits = 3) =>
  `${mean(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;
export const largest = (row) => row.reduce((best, x, k) => (x > row[best] ? k : best), 0);

/** Positions of `count` pictures of each class, by the seed, and those of all others. */
export function draw(truth, count, seed) {
  const taken = new Map();
  const drawn = [];
  const rest = [];
  for (const i of shuffled(truth.length, seed)) {
    const had = taken.get(truth[i]) ?? 0;
    taken.set(truth[i], had + 1);
    (had < count ? drawn : rest).push(i);
  }
  return { drawn, rest };
}
