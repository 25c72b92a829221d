import { PUBLISHED_NOTE, publishedFigures } from "../evaluate/published.js";
import type { Views } from "../image/views.js";
import { REGISTRY, type RegistryEntry } from "../models/registry.js";
import type { Accuracy, BatchFigures, Candidate } from "./candidate.js";
import { BATCHES, estimateMemory, estimateMs, type Rates } from "./estimate.js";
import type { Measurement } from "./instruments.js";
import type { PresentModel } from "./present.js";

/** What is known of this machine; without rates nothing can be estimated. */
export interface Known {
  readonly rates?: Rates;
  readonly models: Readonly<Record<string, Measurement>>;
}

/** Accuracy of a form with some views on a person's own pictures. */
export interface MeasuredAccuracy {
  readonly model: string;
  readonly views: Views;
  readonly accuracy: Accuracy;
}

/** Squares a picture: what its time is multiplied by. */
const SQUARES: Readonly<Partial<Record<Views, number>>> = { center: 1, flip: 2, five: 5 };

/** Views that advice compares. */
export type AdvisedViews = "center" | "flip" | "five";
export const ADVISED_VIEWS = ["center", "flip", "five"] as const satisfies readonly AdvisedViews[];

/** The words under every table that shows a published figure. */
export const PUBLISHED_WORDS = `published: open_clip's figure for ImageNet, ${PUBLISHED_NOTE}`;

function estimated(
  entry: RegistryEntry,
  precision: "fp32" | "int8",
  rates: Rates | undefined,
): BatchFigures[] {
  if (!rates) return [];
  return BATCHES.map((batch) => ({
    batch,
    ms: { value: estimateMs(entry, batch, rates[precision]), origin: "estimated" },
    memoryBytes: { value: estimateMemory(entry, precision, batch), origin: "estimated" },
  }));
}

/** Measured where it was; a batch that would have taken too long is as fast, at most, as the one before it. */
function figuresOf(model: PresentModel, known: Known): BatchFigures[] {
  const { entry, precision, key } = model;
  const measured = (known.models[key]?.batches ?? []).toSorted((a, b) => a.batch - b.batch);
  const last = measured.at(-1);
  if (!last) return entry ? estimated(entry, precision, known.rates) : [];
  const growth = entry
    ? estimateMemory(entry, precision, 2) - estimateMemory(entry, precision, 1)
    : perPicture(measured);
  return BATCHES.map((batch): BatchFigures => {
    const found = measured.find((one) => one.batch === batch);
    if (found) {
      return {
        batch,
        ms: { value: found.ms, origin: "measured" },
        ...(found.slowestMs === undefined ? {} : { slowestMs: found.slowestMs }),
        memoryBytes: { value: found.memoryBytes, origin: "measured" },
      };
    }
    const bytes = last.memoryBytes + growth * (batch - last.batch);
    return {
      batch,
      ms: { value: last.ms, origin: "estimated" },
      memoryBytes: { value: bytes, origin: "estimated" },
    };
  });
}

/** Bytes that a further picture of a batch takes, told from what was measured. */
function perPicture(measured: Measurement["batches"]): number {
  const [first, last] = [measured[0], measured.at(-1)];
  if (!first || !last || first.batch === last.batch) return 0;
  return Math.max(0, (last.memoryBytes - first.memoryBytes) / (last.batch - first.batch));
}

function published(entry: RegistryEntry): Accuracy {
  const { set, top1 } = publishedFigures("imagenet");
  return { value: top1[entry.name] ?? entry.imagenetTop1, origin: "published", set };
}

/** Of a quantised form: the published figure less the share of pictures that both forms answer differently. */
function accuracyOf({ entry, precision, gate }: PresentModel): Accuracy | undefined {
  if (!entry) return undefined;
  const own = published(entry);
  if (precision === "fp32") return own;
  if (!gate) return undefined;
  return { ...own, value: Math.max(0, own.value - (1 - gate.agreement.share)), origin: "estimated" };
}

function withViews(candidate: Candidate, views: Views, accuracy: Accuracy): Candidate {
  const squares = SQUARES[views] ?? 1;
  return {
    ...candidate,
    views,
    accuracy,
    batches: candidate.batches.map(({ ms, slowestMs, ...rest }) => ({
      ...rest,
      ms: { ...ms, value: ms.value * squares },
      ...(slowestMs === undefined ? {} : { slowestMs: slowestMs * squares }),
    })),
  };
}

/**
 * The table that is chosen from: every form that is here, with the figures of this machine where it was measured, and the
 * variants that are not, estimated from the machine's rate. Accuracies are those measured, else published ones.
 */
export function candidatesOf(
  present: readonly PresentModel[],
  known: Known,
  accuracies: readonly MeasuredAccuracy[] = [],
): Candidate[] {
  const here = present.flatMap((model): Candidate[] => {
    const { variant, precision } = model;
    const figures = {
      model: model.model,
      variant,
      precision,
      views: "center",
      state: "here",
      batches: figuresOf(model, known),
    } as const;
    const own = accuracies.filter((one) => one.model === model.model);
    if (own.length > 0) return own.map(({ views, accuracy }) => withViews(figures, views, accuracy));
    const accuracy = accuracyOf(model);
    return [accuracy ? { ...figures, accuracy } : figures];
  });
  const absent = REGISTRY.filter(({ name }) => !present.some(({ variant }) => variant === name)).map(
    (entry): Candidate => ({
      model: entry.name,
      variant: entry.name,
      precision: "fp32",
      views: "center",
      state: "to download",
      accuracy: published(entry),
      batches: estimated(entry, "fp32", known.rates),
    }),
  );
  const order = (one: Candidate): number => REGISTRY.findIndex(({ name }) => name === one.variant);
  const rest = [...here, ...absent];
  return rest.toSorted((a, b) => order(a) - order(b));
}
