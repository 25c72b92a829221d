import type { Interval } from "../evaluate/statistics.js";
import type { Views } from "../image/views.js";

/** What a person is willing to spend on computing, by the variant that stands for it. */
export type Budget = "low" | "medium" | "high";

export const BUDGETS = ["low", "medium", "high"] as const satisfies readonly Budget[];

/** Where a figure comes from; it is shown beside the figure wherever that is shown. */
export type Origin = "measured" | "estimated" | "published";

/** A number and where it comes from. */
export interface Figure {
  readonly value: number;
  readonly origin: Origin;
}

/** Share of right first answers, 0..1. */
export interface Accuracy extends Figure {
  /** The pictures it was found on. */
  readonly set: string;
  readonly pictures?: number;
  readonly interval?: Interval;
}

/** What a picture costs when so many are computed at once. */
export interface BatchFigures {
  readonly batch: number;
  /** Milliseconds of one picture, all its views together. */
  readonly ms: Figure;
  /** The same of the slowest run, where several were measured: `ms` is of the fastest. */
  readonly slowestMs?: number;
  /** Memory of the whole process. */
  readonly memoryBytes: Figure;
}

/** A way to answer: one form of one model with one choice of views. */
export interface Candidate {
  /** The name that `loadClip` takes: `ViT-B/32@int8`. */
  readonly model: string;
  /** The same without the precision. */
  readonly variant: string;
  readonly precision: "fp32" | "int8";
  readonly views: Views;
  /** `here`: it can be opened without the network. */
  readonly state: "here" | "to download";
  /** Absent where nobody measured it. */
  readonly accuracy?: Accuracy;
  /** Smallest batch first. */
  readonly batches: readonly BatchFigures[];
}

/** What people call it: the model, and the views where they are not the plain ones. */
export function candidateName({ model, views }: Pick<Candidate, "model" | "views">): string {
  return views === "center" ? model : `${model}, views ${views}`;
}
