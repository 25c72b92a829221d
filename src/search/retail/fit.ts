import { ClipError } from "../../errors.js";
import { minimise } from "../../math/lbfgs.js";
import type { Evidence } from "./catalogue.js";
import { type Fusion, fused } from "./fusion.js";

/** A photo whose product is known, and what speaks for each product. */
export interface LabelledEvidence {
  readonly product: string;
  readonly evidence: readonly Evidence[];
}

/** Keeps weights from growing without end where all photos are recognised (a Gaussian prior of this precision, per photo). */
const RIDGE = 1e-4;
const LEAST_PHOTOS = 10;

/** Evidence as the numbers that weights are fitted to; a product without pictures is judged by its words alone. */
function featuresOf({ picture, looks, text }: Evidence): [number, number, number] {
  return [picture, looks, text];
}

/**
 * The weights with which labelled photos' products are most probable among all (conditional logit, McFadden 1974), and the threshold that
 * tells photos of products that are there from the same photos with their product taken out best: half the sum of both shares is highest.
 * Raises `search.product` for fewer than 10 photos of products of the catalogue.
 */
export function fitFusion(photos: readonly LabelledEvidence[]): Fusion {
  const known = photos.filter(({ product, evidence }) => evidence.some(({ id }) => id === product));
  if (known.length < LEAST_PHOTOS) {
    throw new ClipError(
      "search.product",
      `Expected at least ${LEAST_PHOTOS} photos of products of the catalogue but received ${known.length}.`,
    );
  }
  const cases = known.map(({ product, evidence }) => ({
    right: evidence.findIndex(({ id }) => id === product),
    features: evidence.map(featuresOf),
  }));
  const found = minimise(
    (point, gradient) => {
      let loss = 0;
      gradient.fill(0);
      for (const { right, features } of cases) {
        const scores = features.map((row) => row.reduce((sum, x, i) => sum + point[i]! * x, 0));
        const most = Math.max(...scores);
        const powers = scores.map((score) => Math.exp(score - most));
        const total = powers.reduce((sum, power) => sum + power, 0);
        loss += (Math.log(total) + most - scores[right]!) / cases.length;
        for (const [j, row] of features.entries()) {
          const error = (powers[j]! / total - Number(j === right)) / cases.length;
          for (let i = 0; i < 3; i++) gradient[i]! += error * row[i]!;
        }
      }
      for (let i = 0; i < 3; i++) {
        loss += 0.5 * RIDGE * point[i]! ** 2;
        gradient[i]! += RIDGE * point[i]!;
      }
      return loss;
    },
    Float64Array.of(10, 10, 1),
  );
  const [picture, looks, text] = found as unknown as [number, number, number];
  return { picture, looks, text, threshold: fitThreshold(known, { picture, looks, text, threshold: null }) };
}

/** Best scores of photos with and without their product → the score between them. */
function fitThreshold(photos: readonly LabelledEvidence[], fusion: Fusion): number | null {
  const { present, absent } = bestScores(photos, fusion);
  const all = [...present.map((score) => ({ score, is: 1 })), ...absent.map((score) => ({ score, is: 0 }))];
  all.sort((a, b) => b.score - a.score);
  let [hits, alarms] = [0, 0];
  let best = { value: -1, threshold: all[0]!.score };
  for (const [i, { score, is }] of all.entries()) {
    if (is) hits += 1;
    else alarms += 1;
    const next = all[i + 1]?.score;
    if (next === score) continue;
    const value = hits / present.length + 1 - alarms / Math.max(1, absent.length);
    if (value > best.value) best = { value, threshold: next === undefined ? score : (score + next) / 2 };
  }
  return absent.length === 0 ? null : best.threshold;
}

/** Of each photo the best score of all products, and of all but its own: what it would have if its product were not there. */
export function bestScores(
  photos: readonly LabelledEvidence[],
  fusion: Fusion,
): { present: number[]; absent: number[] } {
  const [present, absent]: [number[], number[]] = [[], []];
  for (const { product, evidence } of photos) {
    const scores = evidence.map((one) => ({ id: one.id, score: fused(one, fusion) }));
    const others = scores.filter(({ id }) => id !== product).map(({ score }) => score);
    if (scores.length > others.length) present.push(Math.max(...scores.map(({ score }) => score)));
    if (others.length > 0) absent.push(Math.max(...others));
  }
  return { present, absent };
}
