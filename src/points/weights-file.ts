import { writeFileAtomic } from "../models/atomic.js";
import { JsonObject } from "../models/json.js";
import { readTextFile } from "../models/text-file.js";
import { viewNames } from "./view/render.js";
import { checkWeights, type NamedWeights } from "./weights.js";

/** A name and a number for each of ten views. */
const MOST_BYTES = 64 * 1024;

/** Weights of views in a file. Raises `points.weights`. */
export async function readWeights(path: string): Promise<NamedWeights> {
  const text = await readTextFile(path, {
    code: "points.weights",
    what: "a JSON file of weights of views",
    most: MOST_BYTES,
  });
  const given = JsonObject.parse(text, path, "points.weights").object("weights");
  const weights = Object.fromEntries(Object.keys(given.fields).map((name) => [name, given.number(name)]));
  checkWeights(weights, viewNames());
  return weights;
}

/** Writes weights, with what they were fitted on. */
export function writeWeights(path: string, weights: NamedWeights, facts: object): Promise<void> {
  return writeFileAtomic(path, `${JSON.stringify({ weights, ...facts }, null, 2)}\n`);
}
