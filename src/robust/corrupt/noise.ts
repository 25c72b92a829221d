import { at, type Corrupt, mapped, normal } from "./plane.js";

/** Settings are ImageNet-C's (Hendrycks and Dietterich 2019, arXiv 1903.12261; create_c/make_imagenet_c.py) for 224 × 224 pixels. */

export const gaussianNoise: Corrupt = (light, severity, random) => {
  const deviation = at([0.08, 0.12, 0.18, 0.26, 0.38], severity);
  return mapped(light, (value) => value + deviation * normal(random));
};

/** Light that is counted: a pixel sees so many quanta at full white. */
export const shotNoise: Corrupt = (light, severity, random) => {
  const quanta = at([60, 25, 12, 5, 3], severity);
  return mapped(light, (value) => counted(Math.max(0, value) * quanta, random) / quanta);
};

/** A Poisson count by Knuth's products: the means here are 60 at most. */
function counted(mean: number, random: () => number): number {
  const least = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > least; product *= random()) count += 1;
  return Math.max(0, count);
}

/** Values that are black or white by chance. */
export const impulseNoise: Corrupt = (light, severity, random) => {
  const share = at([0.03, 0.06, 0.09, 0.17, 0.27], severity);
  return mapped(light, (value) => {
    if (random() >= share) return value;
    return random() < 0.5 ? 0 : 1;
  });
};
