// What several goals share: vectors that are kept from run to run, so that a part that is asked for alone is quick.
import { join } from "node:path";
import { encodePictures, scoresOf } from "../../dist/evaluate/collect.js";
import { openSet } from "../../dist/evaluate/data/open-set.js";
import { judge } from "../../dist/evaluate/judge.js";
import { bootstrapInterval } from "../../dist/evaluate/statistics.js";
import { loadClip } from "../../dist/index.js";
import { labelSet } from "../../dist/zeroshot/label-sets.js";
import { zeroShotWeights } from "../../dist/zeroshot/weights.js";
import { cache } from "./data.mjs";

/** A model without calibration; vectors of pictures and texts are kept beside the unpacked data. */
export const openKept = (model) =>
  loadClip(model, { home: join(cache, "home"), cache: { image: true, text: true }, calibration: false });

/** A folder with a folder a class, called as a ready label set calls them. */
export function setOf(folder, name, set) {
  const labels = set === undefined ? [] : labelSet(set).labels;
  return openSet(folder, name, { names: new Map(labels.map((label) => [label.id, label.name])) });
}

/** [pictures] vectors of a set, all of which have to be readable. */
export async function vectorsOf(clip, { name, pictures }, options = {}) {
  const features = [];
  for await (const { position, result } of encodePictures(clip, pictures, options)) {
    if (result instanceof Error) throw new Error(`${name}: ${pictures[position].name}: ${result.message}`);
    features.push({ position, vector: result });
  }
  return features;
}

/** Cosines of a set's pictures with its classes. */
export async function cosinesOf(clip, set, features, templates = clip.model.templates, more = {}) {
  const labels = set.classes.map(({ label }) => label);
  const weights = await zeroShotWeights(clip, labels, templates, more);
  return scoresOf(set.pictures, features, weights, clip.model.logitScale);
}

/** [pictures] 1 where the first label is right, else 0. */
export function rightOf(scores) {
  return Array.from(judge(scores).ranks, (rank) => (rank === 0 ? 1 : 0));
}

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
export const percent = (share) => `${(100 * share).toFixed(1)} %`;
export const points = (share) => `${share < -0.0005 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;
export const range = ({ low, high }) => `(${points(low)} to ${points(high)})`;

/** Mean of one list less that of another, on the same pictures, and its 95 % range. */
export function difference(first, second) {
  const gains = first.map((value, i) => value - second[i]);
  return { gain: mean(gains), interval: bootstrapInterval(gains) };
}

export const inPoints = ({ gain, interval }) => `${points(gain)} points ${range(interval)}`;
