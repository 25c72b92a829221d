import type { Encoder } from "../encoder.js";
import { ClipError } from "../errors.js";
import { type EvaluateOptions, encodePictures, type FailedImage } from "../evaluate/collect.js";
import { type LabelledPicture, type LabelledSet, labelInputs } from "../evaluate/data/labelled-set.js";
import type { Views } from "../image/views.js";
import type { Embedding } from "../math/unit.js";
import { zeroShotWeights } from "../zeroshot/weights.js";
import type { Adapter } from "./adapter.js";
import { type FitOptions, fitHead } from "./fit.js";
import { drawShots, type Shots } from "./shots.js";

/** Vectors of labelled pictures beside the words of every label. */
export interface CollectedShots {
  readonly shots: Shots;
  readonly templates: readonly string[];
  /** [n] what each picture is called. */
  readonly names: readonly string[];
  readonly failed: readonly FailedImage[];
}

export interface CollectOptions {
  /** Default: the model's. */
  readonly templates?: readonly string[];
  /** Most pictures of each label, drawn by the seed; default all. */
  readonly shots?: number;
  readonly seed?: number;
  readonly views?: Views;
  readonly batchSize?: number | "auto";
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total?: number }) => void;
}

/** Labelled pictures (labels without one are known by their words) → their vectors. Raises `evaluate.data` where none can be read. */
export async function collectShots(
  encoder: Encoder,
  set: LabelledSet,
  options: CollectOptions = {},
): Promise<CollectedShots> {
  const { templates = encoder.model.templates, shots, seed = 1, signal, ...how } = options;
  const weights = await zeroShotWeights(
    encoder,
    labelInputs(set.classes),
    templates,
    signal ? { signal } : {},
  );
  const truth = set.pictures.map((picture) => picture.truth);
  const drawn = shots === undefined ? [...truth.keys()] : drawShots(truth, shots, seed);
  const pictures = drawn.map((i) => set.pictures[i]!);
  const { features, positions, failed } = await collectPictures(encoder, pictures, {
    ...how,
    ...(signal ? { signal } : {}),
    weights,
  });
  return {
    shots: {
      labels: weights.labels,
      texts: weights.vectors,
      features,
      truth: Int32Array.from(positions, (i) => pictures[i]!.truth),
      logitScale: encoder.model.logitScale,
    },
    templates,
    names: positions.map((i) => pictures[i]!.name),
    failed,
  };
}

export interface CollectedPictures {
  readonly features: readonly Embedding[];
  /** Of each vector the position of its picture. */
  readonly positions: readonly number[];
  readonly failed: readonly FailedImage[];
}

/** Pictures → the vectors of those that can be read. Their labels are not looked at. */
export async function collectPictures(
  encoder: Encoder,
  pictures: readonly Omit<LabelledPicture, "truth">[],
  options: Omit<EvaluateOptions, "templates"> = {},
): Promise<CollectedPictures> {
  const features: Embedding[] = [];
  const positions: number[] = [];
  const failed: FailedImage[] = [];
  const all = pictures.map((picture) => ({ ...picture, truth: 0 }));
  for await (const { position, result } of encodePictures(encoder, all, options)) {
    if (result instanceof ClipError) failed.push({ image: pictures[position]!.name, error: result });
    else {
      features.push(result);
      positions.push(position);
    }
  }
  return { features, positions, failed };
}

/** Vectors → an adapter of the model that made them. Raises `fewshot.shots`, `usage.fewshot`, `aborted`. */
export async function fitAdapter(
  { model }: Pick<Encoder, "model">,
  shots: Shots,
  templates: readonly string[],
  options: FitOptions = {},
): Promise<Adapter> {
  const fitted = await fitHead(shots, options);
  const { name, revision, precision, dim, logitScale } = model;
  return {
    ...fitted,
    model: { name, revision, precision, dim, logitScale },
    labels: shots.labels,
    templates,
    asked: options.method ?? "auto",
    seed: options.seed ?? 1,
    heldOut: fitted.heldOut.map(({ method, accuracy, loss }) => ({ method, accuracy, loss })),
    features: shots.features,
    truth: shots.truth,
    ...(shots.unlabelled ? { unlabelled: shots.unlabelled } : {}),
  };
}
