// What the parts of `goals -- adapt` share.
import { logitsOfAll } from "../../dist/fewshot/bulk.js";
import { collectShots } from "../../dist/fewshot/fewshot.js";
import { fitHead } from "../../dist/fewshot/fit.js";
import { largest } from "../../dist/fewshot/judge.js";
import { products } from "../../dist/fewshot/matrix.js";

/** Vectors of a set's pictures; all of them have to be readable. */
export async function shotsOf(clip, set) {
  const { shots, failed } = await collectShots(clip, set);
  if (failed.length > 0) throw failed[0].error;
  return shots;
}

/** Logits or cosines [n, labels] → [n] 1 where the largest is right, else 0. */
export function rightOf(logits, { truth, labels }) {
  const width = labels.length;
  return Array.from(truth, (label, i) =>
    Number(largest(logits.subarray(i * width, (i + 1) * width)) === label),
  );
}

/** What a fitted head says of pictures, labels with pictures lowered as it wants it. */
export async function logitsBy({ head, shift }, shots, on) {
  const cosines = await products(on.features, on.texts);
  const logits = await logitsOfAll(head, on.features, cosines, on.logitScale);
  const seen = new Set(shots.truth);
  const width = on.labels.length;
  if (shift > 0 && seen.size < width)
    for (let i = 0; i < logits.length; i++) if (seen.has(i % width)) logits[i] -= shift;
  return logits;
}

/** Learns from some pictures and is asked about others. */
export async function answers(shots, on, options) {
  const fitted = await fitHead(shots, options);
  const logits = await logitsBy(fitted, shots, on);
  return { ...fitted, logits, right: rightOf(logits, on) };
}
