import { availableParallelism, totalmem } from "node:os";
import type { LoadOptions } from "../clip.js";
import type { EncodeProgress } from "../encoder.js";
import { readEnvironment } from "../environment.js";
import { ClipError } from "../errors.js";
import { type DeviceName, listDevices } from "../runtime/devices.js";
import { measureAccuracy, openLabelled } from "./accuracy.js";
import type { Budget, Candidate } from "./candidate.js";
import { type AdvisedViews, candidatesOf, type Known } from "./candidates.js";
import { choose, type Decision } from "./choose.js";
import type { Instruments } from "./instruments.js";
import { presentModels } from "./present.js";
import { type Probe, probe } from "./probe.js";

/** What advice is asked for. */
export interface AdviseOptions {
  readonly budget?: Budget;
  /** Most bytes of the whole process. */
  readonly memory?: number;
  /** Most ms from a batch's first picture in to its vectors out. */
  readonly latency?: number;
  readonly imagesPerDay?: number;
  /** Labelled pictures (a folder with one folder a class, or what `eval` takes): accuracy is measured on them. */
  readonly data?: string;
  /** Prompts with `{}` for the label that accuracy is measured with. Default: each model's own. */
  readonly templates?: readonly string[];
  /** About how many seconds measuring on them may take. Default 12. */
  readonly seconds?: number;
  /** Views that are compared on labelled pictures. Default: `center` and `flip`. */
  readonly views?: readonly AdvisedViews[];
  readonly device?: "auto" | DeviceName;
  readonly threads?: number;
  /** Further models on this machine, by name or path. */
  readonly models?: readonly string[];
  readonly home?: string;
  /** Choose among what is on this machine. Default: `ZEROCLIP_OFFLINE`. */
  readonly offline?: boolean;
  /** Measure anew what is remembered of this machine. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: "machine" | "accuracy", progress: EncodeProgress, note: string) => void;
  readonly onWarning?: (message: string) => void;
  /** What measures the machine; a test gives its own. */
  readonly instruments?: Instruments;
}

/** An answer and the table it was chosen from. */
export interface Advice {
  readonly decision: Decision;
  readonly candidates: readonly Candidate[];
  readonly probe: Probe;
}

const DEFAULT_SECONDS = 12;

/** A machine's figures and the table of what there is, without a choice. Raises as `advise` does. */
export async function survey(
  options: Omit<AdviseOptions, "budget">,
): Promise<{ candidates: Candidate[]; probe: Probe }> {
  const environment = readEnvironment();
  const { home = environment.home, threads, data, signal, onProgress, onWarning, instruments } = options;
  const device = await deviceFor(options.device);
  const present = await presentModels(home, options.models, signal);
  // What is wrong with the pictures is said before anything is measured.
  const set = data === undefined ? undefined : await openLabelled(data, signal);
  const found = await probe({
    home,
    device,
    ...(threads === undefined ? {} : { threads }),
    models: present,
    ...(options.fresh ? { fresh: true } : {}),
    ...(instruments ? { instruments } : {}),
    signal,
    onProgress: (done, total, note) => onProgress?.("machine", { done, total }, note),
  });
  for (const { key, model } of present) {
    const why = found.missed[key];
    if (why === undefined) continue;
    // What is measured in a process of its own is named by that, too.
    const reason = why.startsWith(`${model}: `) ? why.slice(model.length + 2) : why;
    onWarning?.(`${model} was not measured: ${reason.replace(/\.$/, "")}.`);
  }
  const load: LoadOptions = {
    home,
    device,
    offline: true,
    cache: { text: true },
    ...(threads === undefined ? {} : { threads }),
  };
  const accuracies =
    set === undefined
      ? []
      : await measureAccuracy(set, present, found, {
          views: options.views ?? ["center", "flip"],
          seconds: options.seconds ?? DEFAULT_SECONDS,
          load,
          ...(options.templates ? { templates: options.templates } : {}),
          signal,
          onProgress: (model, progress) => onProgress?.("accuracy", progress, model),
          onFailure: (model, error) => onWarning?.(`${model} was not measured: ${error.message}`),
        });
  return { candidates: candidatesOf(present, found, accuracies), probe: found };
}

/** What this machine is told to compute with. Raises `runtime.device` where it isn't there. */
async function deviceFor(asked: AdviseOptions["device"] = "auto"): Promise<DeviceName> {
  if (asked === "auto" || asked === "cpu") return "cpu";
  const [device] = await listDevices([asked]);
  if (device?.available) return asked;
  throw new ClipError(
    "runtime.device",
    `Expected a device that is there but received "${asked}": ${device?.reason ?? "it is not known"}.`,
  );
}

/** Documented in `door.ts`. */
export async function advise(options: AdviseOptions = {}): Promise<Advice> {
  const { budget = "medium" } = options;
  const limits = limitsOf(options);
  // What is wrong with the question is said before anything is measured.
  choose([], budget, limits);
  const { candidates, probe: found } = await survey(options);
  return { decision: choose(candidates, budget, limits), candidates, probe: found };
}

/** Memory that this process may have: less than the machine's where a container bounds it. */
export function machineBytes(): number {
  const bound = process.constrainedMemory();
  return bound > 0 && bound < totalmem() ? bound : totalmem();
}

function limitsOf({ memory, latency, imagesPerDay, offline }: AdviseOptions): Parameters<typeof choose>[2] {
  return {
    machineBytes: machineBytes(),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(latency === undefined ? {} : { latencyMs: latency }),
    ...(imagesPerDay === undefined ? {} : { picturesPerDay: imagesPerDay }),
    ...((offline ?? readEnvironment().offline) ? { offline: true } : {}),
  };
}

/**
 * A billion operations a second and core: between what small and large processors of the last ten years do. Only for a
 * choice without limits, which doesn't hang on it.
 */
const UNMEASURED_RATE = 50;

/** The answer without measuring: right where no limit is given, since what is estimated then changes all alike. */
export async function adviseUnmeasured(options: AdviseOptions): Promise<Omit<Advice, "probe">> {
  const { budget = "medium", models, signal } = options;
  const limits = limitsOf(options);
  const present = await presentModels(options.home ?? readEnvironment().home, models, signal);
  const rate = UNMEASURED_RATE * availableParallelism();
  const known: Known = { rates: { fp32: rate, int8: 2 * rate }, models: {} };
  const candidates = candidatesOf(present, known);
  return { decision: choose(candidates, budget, limits), candidates };
}
