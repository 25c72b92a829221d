import { seeded } from "../../../src/math/random.js";
import type { LabelledScores } from "../../../src/zeroshot/scores.js";

/** Pictures whose labels are drawn from softmax(scale · cosine): a model that is right to say so at this scale, and at no other. */
export function drawnScores(n: number, labels: number, scale: number, seed = 1): LabelledScores {
  const random = seeded(seed);
  const similarities = new Float32Array(n * labels);
  const truth = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const powers: number[] = [];
    for (let j = 0; j < labels; j++) {
      const cosine = 0.1 + 0.2 * random();
      similarities[i * labels + j] = cosine;
      powers.push(Math.exp(scale * cosine));
    }
    let rest = random() * powers.reduce((a, b) => a + b, 0);
    truth[i] = powers.findIndex((power) => {
      rest -= power;
      return rest < 0;
    });
  }
  return {
    images: Array.from({ length: n }, (_, i) => `${i}.jpg`),
    labels: Array.from({ length: labels }, (_, j) => `label ${j}`),
    truth,
    similarities,
    logitScale: 100,
  };
}
