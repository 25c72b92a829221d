import { ClipError } from "../../errors.js";

/** Lengths in any unit that anyone measures in; a number read in the wrong byte order has a random exponent. */
const LEAST = 1e-12;
const MOST = 1e12;

/** Shares of plausible numbers by which one byte order is refused and the other believed. */
const DOUBTFUL = 0.75;
const SURE = 0.98;

/** 0..1: numbers that are lengths. */
function plausible(values: Iterable<number>): number {
  let [fine, all] = [0, 0];
  for (const value of values) {
    const size = Math.abs(value);
    all += 1;
    if (size === 0 || Number.isNaN(value) || (size >= LEAST && size <= MOST)) fine += 1;
  }
  return all === 0 ? 1 : fine / all;
}

/**
 * Raises `points.damaged` where a file's numbers make sense only in the other byte order than it says. `values`: some of them,
 * read in an order (true: little-endian).
 */
export function checkByteOrder(
  name: string,
  little: boolean,
  values: (little: boolean) => Iterable<number>,
): void {
  if (plausible(values(little)) >= DOUBTFUL || plausible(values(!little)) < SURE) return;
  const [said, is] = little ? ["little", "big"] : ["big", "little"];
  throw new ClipError(
    "points.damaged",
    `Expected ${said}-endian numbers in ${name} as it says but they make sense as ${is}-endian ones only.`,
  );
}
