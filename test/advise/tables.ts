import type { Candidate } from "../../src/advise/candidate.js";

/** A candidate with the same time a picture at every batch unless told otherwise. */
export function candidate(
  model: string,
  ms: number | readonly number[],
  megabytes: number,
  accuracy?: number,
  more: Partial<Candidate> = {},
): Candidate {
  const [variant = model, form] = model.split(/@(?=int8$)/);
  const times = typeof ms === "number" ? [ms, ms, ms] : ms;
  return {
    model,
    variant,
    precision: form === "int8" ? "int8" : "fp32",
    views: "center",
    state: "to download",
    ...(accuracy === undefined
      ? {}
      : { accuracy: { value: accuracy, origin: "published", set: "ImageNet" } }),
    batches: times.map((value, i) => ({
      batch: [1, 8, 32][i]!,
      ms: { value, origin: "estimated" },
      memoryBytes: { value: (megabytes + 20 * i) * 1e6, origin: "estimated" },
    })),
    ...more,
  };
}

/** The five variants as a processor of some 250 billion operations a second has them, and the starter. */
export const VARIANTS: readonly Candidate[] = [
  candidate("starter", [12, 10, 10], 300, undefined, { state: "here" }),
  candidate("RN50", [75, 70, 70], 460, 0.5982),
  candidate("RN101", [115, 110, 110], 530, 0.6228),
  candidate("ViT-B/32", [55, 40, 38], 655, 0.6332),
  candidate("ViT-L/14", [800, 720, 710], 1710, 0.7554),
  candidate("ViT-L/14@336px", [1900, 1750, 1700], 1800, 0.7656),
];

/** A copy whose accuracy was measured on a person's own pictures. */
export function measuredAt(one: Candidate, value: number): Candidate {
  return { ...one, state: "here", accuracy: { value, origin: "measured", set: "mine", pictures: 400 } };
}
