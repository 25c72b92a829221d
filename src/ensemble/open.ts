import { type Clip, type LoadOptions, loadClip } from "../clip.js";
import { readEnvironment } from "../environment.js";
import { checkThresholds } from "../zeroshot/cascade.js";
import { type Combine, memberWeights } from "../zeroshot/ensemble.js";
import { EnsembleClip } from "./clip.js";
import { isEnsembleFile, readPlan } from "./file.js";
import { type MemberMemory, Members } from "./members.js";
import type { Plan } from "./plan.js";

export interface EnsembleLoadOptions extends LoadOptions {
  /** `all`: models stay open together; `one`: one at a time; `auto` (default): together where their weights fit the free memory. */
  readonly memory?: MemberMemory;
  /** What answers are said to be from; default: the models' names. */
  readonly name?: string;
}

export interface EnsembleOptions extends EnsembleLoadOptions {
  /** How much each model counts; default: all alike. `zeroclip ensemble fit` finds them. */
  readonly weights?: readonly number[];
  /** Default `probability`: the weighted mean of calibrated probabilities. */
  readonly combine?: Combine;
}

export interface CascadeOptions extends EnsembleLoadOptions {
  /** Least calibrated probability with which each model but the last answers. */
  readonly thresholds: readonly number[];
}

/** Documented in `door.ts`. */
export function ensemble(models: readonly string[], options: EnsembleOptions = {}): Promise<Clip> {
  const { weights, combine = "probability", ...load } = options;
  return openPlan(
    { kind: "ensemble", models, weights: memberWeights(models.length, weights), combine },
    load,
  );
}

/** Documented in `door.ts`. */
export function cascade(models: readonly string[], options: CascadeOptions): Promise<Clip> {
  const { thresholds, ...load } = options;
  checkThresholds(models.length, thresholds);
  return openPlan({ kind: "cascade", models, thresholds }, load);
}

/** Documented in `door.ts`. */
export async function openClassifier(model: string, options: EnsembleLoadOptions = {}): Promise<Clip> {
  if (!isEnsembleFile(model)) return loadClip(model, options);
  const name = model.replace(/^.*[/\\]/, "").replace(/\.json$/i, "");
  return openPlan(await readPlan(model), { name, ...options });
}

async function openPlan(plan: Plan, { memory, name, ...load }: EnsembleLoadOptions): Promise<Clip> {
  const used = heard(plan);
  const members = await Members.open(
    used.models.map((model) => () => loadClip(model, load)),
    memory,
  );
  const calibrates = load.calibration !== false;
  return new EnsembleClip(members, used, {
    ...(name === undefined ? {} : { name }),
    image: load.image,
    calibrationHome: calibrates ? (load.home ?? readEnvironment().home) : undefined,
    onWarning: load.onWarning,
  });
}

/** A plan without models that count for nothing. */
function heard(plan: Plan): Plan {
  if (plan.kind === "cascade") return plan;
  const kept = plan.models.flatMap((_, m) => (plan.weights[m]! > 0 ? [m] : []));
  const { scales } = plan;
  return {
    ...plan,
    models: kept.map((m) => plan.models[m]!),
    weights: kept.map((m) => plan.weights[m]!),
    ...(scales ? { scales: kept.map((m) => scales[m]!) } : {}),
  };
}
