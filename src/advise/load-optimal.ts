import { type Clip, type LoadOptions, loadClip } from "../clip.js";
import { ClipError } from "../errors.js";
import type { Views } from "../image/views.js";
import { type AdviseOptions, advise, adviseUnmeasured } from "./advise.js";
import type { Budget } from "./candidate.js";
import type { Loss } from "./choose.js";

/** What a program wants of a model, and how it is to be loaded. */
export interface OptimalOptions extends Omit<LoadOptions, "precision"> {
  /** `low`: as cheap as RN50; `medium` (default): ViT-B/32; `high`: ViT-L/14. */
  readonly budget?: Budget;
  /** Most bytes of the whole process. */
  readonly memory?: number;
  /** Most ms from a batch's first picture in to its vectors out. */
  readonly latency?: number;
  readonly imagesPerDay?: number;
  /** Labelled pictures to measure accuracy on; see `AdviseOptions`. */
  readonly data?: string;
}

/** A loaded model and why it is this one. Close it with `await clip[Symbol.asyncDispose]()`. */
export interface OptimalClip {
  readonly clip: Clip;
  /** The name it was loaded by. */
  readonly model: string;
  /** What to give `encodeImages` and `classify`. */
  readonly batchSize: number;
  readonly views: Views;
  /** One sentence. */
  readonly why: string;
  /** Why not the others. */
  readonly others: readonly {
    readonly model: string;
    readonly kind: Loss["kind"];
    readonly reason: string;
  }[];
}

/** Documented in `door.ts`. */
export async function loadOptimal(options: OptimalOptions = {}): Promise<OptimalClip> {
  const { budget, memory, latency, imagesPerDay, data, ...load } = options;
  const { home, offline, device, threads, signal } = load;
  const question: AdviseOptions = {
    ...(budget === undefined ? {} : { budget }),
    ...(memory === undefined ? {} : { memory }),
    ...(latency === undefined ? {} : { latency }),
    ...(imagesPerDay === undefined ? {} : { imagesPerDay }),
    ...(data === undefined ? {} : { data }),
    ...(home === undefined ? {} : { home }),
    ...(offline === undefined ? {} : { offline }),
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
    ...(signal === undefined ? {} : { signal }),
  };
  const limited = [memory, latency, imagesPerDay, data].some((one) => one !== undefined);
  const quick = limited ? undefined : await adviseUnmeasured(question);
  // What is here and no variant (the starter) has figures only where it was measured.
  const { decision } = quick?.decision.choice ? quick : await advise(question);
  const { choice, why, losses } = decision;
  if (!choice) throw new ClipError("advise.nothing-fits", why);
  const { model, views } = choice.candidate;
  const clip = await loadClip(model, load);
  const others = losses.map(({ candidate, kind, reason }) => ({ model: candidate.model, kind, reason }));
  return { clip, model, batchSize: choice.at.batch, views, why, others };
}
