import { ClipError } from "../errors.js";
import { nearest } from "../math/nearest.js";
import { CIFAR10, CIFAR100 } from "./data/cifar-classes.js";
import type { LabelledSet } from "./data/labelled-set.js";

/** What is said of every figure of this file wherever it is shown. */
export const PUBLISHED_NOTE = "published, not measured here";

/** Figures that others published for one data set. */
export interface PublishedFigures {
  /** The set as the source calls it. */
  readonly set: string;
  readonly source: string;
  /** Top-1 of zero-shot classification, 0..1, by model. */
  readonly top1: Readonly<Record<string, number>>;
}

const SOURCE = "open_clip, docs/openclip_results.csv";
const MODELS = ["RN50", "RN101", "ViT-B/32", "ViT-L/14", "ViT-L/14@336px"] as const;

/** Percent in the order of the models: the table of reference.md. */
const TABLE: Readonly<Record<string, readonly [string, readonly number[]]>> = {
  imagenet: ["ImageNet", [59.82, 62.28, 63.32, 75.54, 76.56]],
  cifar10: ["CIFAR-10", [71.57, 80.78, 89.83, 95.59, 94.93]],
  cifar100: ["CIFAR-100", [40.3, 47.64, 64.23, 75.82, 74.36]],
  food101: ["Food-101", [80.8, 83.67, 84.0, 93.05, 93.86]],
  pets: ["Pets", [85.29, 86.52, 87.0, 93.23, 93.69]],
  caltech101: ["Caltech-101", [83.29, 85.27, 87.58, 92.49, 92.25]],
  eurosat: ["EuroSAT", [40.81, 31.31, 50.44, 62.63, 61.44]],
  pcam: ["PCam", [63.93, 58.19, 62.24, 52.04, 60.73]],
};

/** Published figures by a set's short name (`cifar10`). Raises `evaluate.published` with the nearest name. */
export function publishedFigures(name: string): PublishedFigures {
  const found = Object.hasOwn(TABLE, name) ? TABLE[name] : undefined;
  if (found === undefined) {
    const names = Object.keys(TABLE);
    const near = nearest(name, names);
    throw new ClipError(
      "evaluate.published",
      `Expected one of ${names.join(", ")} but received "${name}".${near === undefined ? "" : ` Did you mean ${near}?`}`,
    );
  }
  const [set, shares] = found;
  // Of a percentage with two digits the share has four; division alone gives 0.5981999….
  const top1 = Object.fromEntries(MODELS.map((model, i) => [model, Math.round(shares[i]! * 100) / 1e4]));
  return { set, source: SOURCE, top1 };
}

/** Test pictures of the sets that are known by their classes. */
const CIFAR_PICTURES = 10_000;
const IMAGENET = { classes: 1_000, pictures: 50_000 } as const;

/** The set's short name where its classes and the number of its pictures are those of the published test set. */
export function knownSet({ classes, pictures }: LabelledSet): string | undefined {
  const ids = classes.map(({ id }) => id);
  const are = (names: readonly string[]): boolean =>
    names.length === ids.length && [...names].sort().every((name, i) => name === ids.toSorted()[i]);
  if (pictures.length === CIFAR_PICTURES && are(CIFAR10)) return "cifar10";
  if (pictures.length === CIFAR_PICTURES && are(CIFAR100)) return "cifar100";
  const isImagenet =
    ids.length === IMAGENET.classes &&
    pictures.length === IMAGENET.pictures &&
    ids.every((id) => /^n\d{8}(?:[_ -]|$)/.test(id));
  return isImagenet ? "imagenet" : undefined;
}
