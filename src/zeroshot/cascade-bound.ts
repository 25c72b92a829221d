import { ClipError } from "../errors.js";
import { normalQuantile } from "../math/normal.js";

/** Default of how sure a cascade's threshold is to keep the allowed drop on other pictures. */
export const DEFAULT_CONFIDENCE = 0.9;

/** Above it no number of pictures that anybody has would do. */
const MOST_CONFIDENCE = 0.999;

/** Right answers of one way to answer against those of another, on the same pictures. */
export interface Discordant {
  readonly pictures: number;
  /** Pictures that only the better one, and only the other one, has right. */
  readonly lost: number;
  readonly won: number;
}

/** A confidence → how many standard errors lie between a drop and its bound; 0 for 0.5. Raises `usage.ensemble`. */
export function errorsFor(confidence: number): number {
  if (confidence >= 0.5 && confidence <= MOST_CONFIDENCE) return normalQuantile(confidence);
  throw new ClipError(
    "usage.ensemble",
    `Expected a confidence from 0.5 to ${MOST_CONFIDENCE} but received ${confidence}.`,
  );
}

/** Share of right answers that is lost; below 0 where some are won. */
export function dropOf({ pictures, lost, won }: Discordant): number {
  return (lost - won) / pictures;
}

/**
 * One-sided upper bound of the drop on other pictures of the same kind: the drop and `errors` standard errors of paired
 * shares, with one picture added to each kind that differs (Bonett & Price 2012), so that none that differs is no certainty.
 */
export function boundOf(counts: Discordant, errors: number): number {
  const pictures = counts.pictures + 2;
  const [lost, won] = [(counts.lost + 1) / pictures, (counts.won + 1) / pictures];
  return dropOf(counts) + errors * Math.sqrt((lost + won - (lost - won) ** 2) / pictures);
}

/**
 * Pictures of which as many differ as of these, for the bound to be at most `drop`; infinite where they lose more than it:
 * the n of drop = lost − won + errors · √((lost + won + 2 / n) / n), shares of n.
 */
export function picturesFor(counts: Discordant, errors: number, drop: number): number {
  const left = drop - dropOf(counts);
  if (left <= 0) return Number.POSITIVE_INFINITY;
  const differ = (counts.lost + counts.won) / counts.pictures;
  const square = errors ** 2;
  return (square * differ + Math.sqrt((square * differ) ** 2 + 8 * square * left ** 2)) / (2 * left ** 2);
}
