import type { Shots } from "../../src/fewshot/shots.js";
import { seeded } from "../../src/math/random.js";
import { type Embedding, unit } from "../../src/math/unit.js";

/** Numbers near a normal distribution, by seed. */
function normal(seed: number): () => number {
  const random = seeded(seed);
  return () => random() + random() + random() + random() - 2;
}

/** Labels whose words are some way off the middle of their pictures: what a handful of pictures can mend. */
export function scene({ labels = 5, each = 8, dim = 32, off = 2, spread = 1.2, seed = 2 } = {}): {
  readonly train: Shots;
  readonly test: Shots;
  /** Training pictures and others whose labels nobody knows. */
  readonly pooled: Shots;
} {
  const next = normal(seed);
  const vector = (scale: number): Float32Array => Float32Array.from({ length: dim }, () => scale * next());
  const add = (a: Float32Array, b: Float32Array): Float32Array => a.map((x, i) => x + b[i]!);
  const middles = Array.from({ length: labels }, () => vector(1));
  const texts = middles.map((middle) => unit(add(middle, vector(off))));
  const draw = (count: number): Shots => {
    const features: Embedding[] = [];
    const truth: number[] = [];
    for (const [label, middle] of middles.entries())
      for (let i = 0; i < count; i++) {
        features.push(unit(add(middle, vector(spread))));
        truth.push(label);
      }
    return {
      labels: middles.map((_, i) => `label ${i}`),
      texts,
      features,
      truth: Int32Array.from(truth),
      logitScale: 20,
    };
  };
  const [train, test] = [draw(each), draw(20)];
  return { train, test, pooled: { ...train, unlabelled: draw(15).features } };
}
