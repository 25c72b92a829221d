import { ClipError } from "../../errors.js";

/** What is learnt: features as the clean ones' (no labels needed), or answers as the labels'. */
export const TRAIN_METHODS = ["fare", "tecoa"] as const;
export type TrainMethod = (typeof TRAIN_METHODS)[number];

/** How a tower is trained. All of it but `attackSteps` and above is part of what a stopped training is known by. */
export interface TrainSettings {
  /**
   * `fare`: features of attacked pictures are pulled to the clean pictures' before training (Schlarmann et al. 2024, arXiv 2402.12336);
   * `tecoa`: attacked pictures are to be answered with their labels' texts (Mao et al. 2023, arXiv 2212.07016).
   */
  readonly method: TrainMethod;
  /** Most change of a pixel by the attack, in a byte's steps; 2 is 2/255. */
  readonly epsilon: number;
  /** Steps of the attack on each batch. */
  readonly attackSteps: number;
  readonly updates: number;
  readonly batch: number;
  /** Adam's, at its height. */
  readonly rate: number;
  /** Share of each batch that is not attacked, 0..1: it holds the clean accuracy. */
  readonly cleanShare: number;
  /** Side of the square that the trained tower reads, pixels. */
  readonly size: number;
  readonly seed: number;
  /** Updates from one look at held-out pictures to the next, and how many looks without gain end the training. */
  readonly lookEvery: number;
  readonly patience: number;
}

export const DEFAULT_TRAINING: Omit<TrainSettings, "size"> = {
  method: "fare",
  epsilon: 2,
  attackSteps: 2,
  updates: 400,
  batch: 16,
  rate: 1e-4,
  cleanShare: 0.25,
  seed: 1,
  lookEvery: 25,
  patience: 6,
};

const BOUNDS: Readonly<
  Record<Exclude<keyof TrainSettings, "method">, readonly [least: number, most: number, whole: boolean]>
> = {
  // A byte's whole range.
  epsilon: [0, 255, false],
  attackSteps: [0, 100, true],
  updates: [1, 1_000_000, true],
  // What is held of a batch in memory beside the tower: pictures and their vectors.
  batch: [1, 1024, true],
  rate: [1e-9, 1, false],
  cleanShare: [0, 1, false],
  // As a manifest's.
  size: [16, 4096, true],
  seed: [0, 2 ** 31 - 1, true],
  lookEvery: [1, 1_000_000, true],
  patience: [1, 1_000_000, true],
};

/** Raises `usage.robust` for a setting out of its bounds. */
export function checkTraining(settings: TrainSettings): TrainSettings {
  if (!TRAIN_METHODS.includes(settings.method)) {
    throw new ClipError(
      "usage.robust",
      `Expected a method of ${TRAIN_METHODS.join(", ")} but received ${settings.method}.`,
    );
  }
  for (const [name, [least, most, isWhole]] of Object.entries(BOUNDS)) {
    const value = settings[name as keyof typeof BOUNDS];
    if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) continue;
    const kind = isWhole ? "a whole number" : "a number";
    throw new ClipError(
      "usage.robust",
      `Expected ${name} to be ${kind} from ${least} to ${most} but received ${value}.`,
    );
  }
  return settings;
}
