import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { asClipError, ClipError } from "../errors.js";
import { writeFileAtomic } from "../models/atomic.js";
import { JsonObject } from "../models/json.js";
import { checkThresholds } from "../zeroshot/cascade.js";
import { COMBINES, memberWeights } from "../zeroshot/ensemble.js";
import type { FittedFor, Plan } from "./plan.js";

/** Sixteen names and as many numbers, with room for what was measured. */
const MOST_BYTES = 1024 * 1024;

const CODE = "model.ensemble";

/** True for a name that is a file of an ensemble: no model's name ends so. */
export function isEnsembleFile(name: string): boolean {
  return /\.json$/i.test(name);
}

/** Reads and checks a file of `zeroclip ensemble fit`. Raises `model.ensemble`, `usage.ensemble`. */
export async function readPlan(path: string): Promise<Plan> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MOST_BYTES) {
      throw new ClipError(
        CODE,
        `Expected at most ${MOST_BYTES} bytes of an ensemble but ${path} has ${size}.`,
      );
    }
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new ClipError(CODE, `Expected an ensemble's file at ${path} but nothing is there.`);
    }
    throw asClipError(error, CODE);
  }
  return parsePlan(text, path);
}

/** The same from its text; `where` names it in messages, and paths with a dot are beside it. */
export function parsePlan(text: string, where: string): Plan {
  const json = JsonObject.parse(text, where, CODE);
  json.integer("formatVersion", 1, 1, 1);
  const kind = json.oneOf("kind", ["ensemble", "cascade"]);
  const models = json
    .strings("models")
    .map((name) => (/^\.{1,2}[/\\]/.test(name) ? resolve(dirname(where), name) : name));
  const nested = models.find(isEnsembleFile);
  if (nested !== undefined) throw json.wrong("models", "names of models, none of them an ensemble");
  const fitted = json.has("fittedFor") ? json.object("fittedFor") : undefined;
  const shared = {
    models,
    ...(json.has("scales") ? { scales: numbers(json, "scales", models.length, 1e-6) } : {}),
    ...(fitted ? { fittedFor: fittedForOf(fitted) } : {}),
  };
  if (kind === "cascade") {
    const thresholds = numbers(json, "thresholds", models.length - 1, 0);
    checkThresholds(models.length, thresholds);
    return { kind, ...shared, thresholds };
  }
  const weights = json.has("weights") ? numbers(json, "weights", models.length, 0) : undefined;
  return {
    kind,
    ...shared,
    weights: memberWeights(models.length, weights),
    combine: json.oneOf("combine", COMBINES, "probability"),
    ...(json.has("scale") ? { scale: positive(json, "scale") } : {}),
  };
}

function fittedForOf(json: JsonObject): FittedFor {
  return {
    labels: json.string("labels"),
    prompts: json.string("prompts"),
    ...(json.has("views") ? { views: json.string("views") } : {}),
  };
}

function positive(json: JsonObject, key: string): number {
  const value = json.number(key);
  if (value > 0) return value;
  throw json.wrong(key, "a number above 0");
}

function numbers(json: JsonObject, key: string, count: number, least: number): number[] {
  const list = json.fields[key];
  const fine = (value: unknown): value is number => Number.isFinite(value) && (value as number) >= least;
  if (Array.isArray(list) && list.length === count && list.every(fine)) return list;
  throw json.wrong(key, `${count} numbers from ${least} on`);
}

/** Writes a plan, and what was measured of it, whole or not at all. Raises `model.ensemble`. */
export async function writePlan(path: string, plan: Plan, measured: object): Promise<void> {
  try {
    await writeFileAtomic(path, `${JSON.stringify({ formatVersion: 1, ...plan, measured }, undefined, 2)}\n`);
  } catch (error) {
    throw asClipError(error, CODE);
  }
}
