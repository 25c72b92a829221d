import type { Warning } from "../encoder.js";

/** Numbers of a vector that are compared first: vectors that agree in them are seldom different. */
const GLANCE = 4;

/**
 * A warning for labels with the same vector, which no picture tells apart: words that the model does not know, emoji
 * most often. Undefined where there are none.
 */
export function twinsWarning(
  labels: readonly string[],
  vectors: readonly Float32Array[],
): Warning | undefined {
  const seen = new Map<string, number[]>();
  let pair: readonly string[] | undefined;
  let count = 0;
  for (const [i, vector] of vectors.entries()) {
    const key = vector.subarray(0, GLANCE).join();
    const others = seen.get(key);
    const same = others?.find((k) => vectors[k]!.every((value, at) => value === vector[at]));
    if (same !== undefined) {
      pair ??= [labels[same]!, labels[i]!].map((label) => JSON.stringify(label));
      count += 1;
    } else if (others) others.push(i);
    else seen.set(key, [i]);
  }
  if (pair === undefined) return undefined;
  const more = count > 1 ? ` (and ${count - 1} more)` : "";
  return {
    code: "labels.same",
    message: `The labels ${pair.join(" and ")}${more} are the same to this model: no picture tells them apart.`,
  };
}
