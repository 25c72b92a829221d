import { ClipError } from "../errors.js";
import type { FailedImage } from "../evaluate/collect.js";
import type { LabelledSet } from "../evaluate/data/labelled-set.js";
import type { ImageOptions } from "../image/options.js";
import { withScratch } from "../models/scratch.js";
import type { SessionOptions } from "../runtime/session.js";
import type { ZeroShotWeights } from "../zeroshot/weights.js";
import {
  type AdversarialFigures,
  type Attack,
  type DefenceFigures,
  measureAdversarial,
  measureDefences,
} from "./measure/adversarial.js";
import { type CorruptionFigures, measureCorruptions } from "./measure/corruptions.js";
import { type DetectionRow, measureDetection } from "./measure/detection.js";
import { type Rate, rateOf } from "./measure/rate.js";
import { measureResolutions, type ResolutionRow } from "./measure/resolutions.js";
import { answersTo, firstOf, type Scene } from "./measure/scene.js";
import { measureTypographic, type TypographicFigures } from "./measure/typographic.js";
import { drawn, readSquares } from "./squares.js";
import type { Subject } from "./subject.js";
import { openVictim } from "./victim.js";

/** What is measured. */
export const PARTS = [
  "corruptions",
  "resolutions",
  "typographic",
  "adversarial",
  "defences",
  "detection",
] as const;
export type Part = (typeof PARTS)[number];

export interface RobustOptions {
  readonly parts?: readonly Part[];
  /** Pictures that are drawn from the set by the seed; default 100. Of attacks only the first `attacked`; default 48. */
  readonly pictures?: number;
  readonly attacked?: number;
  readonly attacks?: readonly Attack[];
  /** Budgets of attacks, in a byte's steps; default 1, 2 and 4. Defences and detection are measured at the one nearest to 2. */
  readonly epsilons?: readonly number[];
  /** Of PGD; default 10. */
  readonly steps?: number;
  /** Of the Square attack; default 100. */
  readonly queries?: number;
  /** Shorter sides, pixels; default 224, 112, 56, 28. */
  readonly resolutions?: readonly number[];
  /** Pictures that show nothing among the labels. */
  readonly outside?: LabelledSet;
  readonly seed?: number;
  readonly image?: Partial<ImageOptions>;
  readonly session?: SessionOptions;
  readonly signal?: AbortSignal;
  readonly onProgress?: (part: Part | "reading", done: number, total: number) => void;
}

/** What was measured; a part that was not asked for is absent. */
export interface Robustness {
  readonly model: string;
  readonly revision: string;
  readonly seed: number;
  readonly pictures: number;
  readonly labels: number;
  readonly clean: Rate;
  readonly corruptions?: CorruptionFigures;
  readonly resolutions?: readonly ResolutionRow[];
  readonly typographic?: TypographicFigures;
  readonly adversarial?: AdversarialFigures;
  readonly defences?: DefenceFigures;
  readonly detection?: readonly DetectionRow[];
  readonly failed: readonly FailedImage[];
}

/** The budget that published figures of adversarial fine-tuning are of. */
const USUAL_EPSILON = 2;

/** An attack's budget is at most a byte's whole range. */
const MOST_EPSILON = 255;

function checkEpsilons(epsilons: readonly number[]): readonly number[] {
  for (const epsilon of epsilons) {
    if (epsilon > 0 && epsilon <= MOST_EPSILON) continue;
    throw new ClipError(
      "usage.robust",
      `Expected budgets above 0 and up to ${MOST_EPSILON} (255ths) but received ${epsilon}.`,
    );
  }
  return epsilons;
}

/**
 * How a model stands up to disturbed pictures: those of a labelled set are changed as they enter the tower and the answers counted.
 * `weights`: its labels' texts by the same model. Equal inputs and seeds give equal figures. Raises `robust.*`, `evaluate.data`,
 * `graph.gradient` (attacks), `runtime.*`, `aborted`.
 */
export async function measureRobustness(
  { plan, tower }: Subject,
  weights: ZeroShotWeights,
  set: LabelledSet,
  options: RobustOptions = {},
): Promise<Robustness> {
  const { parts = PARTS, seed = 1, attacked = 48, steps = 10, queries = 100, signal, onProgress } = options;
  const epsilons = checkEpsilons(options.epsilons ?? [1, 2, 4]);
  const nearest =
    epsilons.toSorted((a, b) => Math.abs(a - USUAL_EPSILON) - Math.abs(b - USUAL_EPSILON))[0] ??
    USUAL_EPSILON;
  const chosen = drawn(set, { pictures: options.pictures ?? 100, seed });
  const { name, revision, logitScale, image } = plan.manifest;
  const { preprocessing } = image;
  const reading = { signal, ...(options.image ? { image: options.image } : {}) };
  const told = (part: Part | "reading") => ({
    signal,
    onProgress: (done: number, total: number) => onProgress?.(part, done, total),
  });
  const { squares, truth, failed } = await readSquares(set, chosen, preprocessing, {
    ...reading,
    ...told("reading"),
  });
  return await withScratch("robust", async (folder) => {
    const session = options.session ? { session: options.session } : {};
    await using victim = await openVictim(tower, weights.vectors, {
      folder,
      name: "tower",
      logitScale,
      signal,
      ...session,
    });
    const scene: Scene = { victim, labels: weights.labels, squares, truth, seed };
    const few = firstOf(scene, attacked);
    const attack = { epsilon: nearest, steps };
    const wants = (part: Part): boolean => parts.includes(part);
    const found = await answersTo(scene, squares);
    const outside =
      options.outside && wants("detection")
        ? await readSquares(
            options.outside,
            drawn(options.outside, { pictures: squares.length, seed }),
            preprocessing,
            reading,
          )
        : undefined;
    return {
      ...{ model: name, revision, seed, pictures: squares.length, labels: weights.labels.length },
      clean: rateOf(found.map((answer, i) => answer === truth[i])),
      ...(wants("corruptions") ? { corruptions: await measureCorruptions(scene, told("corruptions")) } : {}),
      ...(wants("resolutions")
        ? {
            resolutions: await measureResolutions(scene, set, chosen, {
              ...told("resolutions"),
              ...{
                resolutions: options.resolutions ?? [224, 112, 56, 28],
                preprocessing,
                image: options.image,
              },
            }),
          }
        : {}),
      ...(wants("typographic") ? { typographic: await measureTypographic(scene, told("typographic")) } : {}),
      ...(wants("adversarial")
        ? {
            adversarial: await measureAdversarial(few, {
              attacks: options.attacks,
              epsilons,
              steps,
              queries,
              ...told("adversarial"),
            }),
          }
        : {}),
      ...(wants("defences")
        ? { defences: await measureDefences(few, { ...attack, ...told("defences") }) }
        : {}),
      ...(wants("detection")
        ? {
            detection: await measureDetection(few, {
              ...attack,
              outside: outside?.squares,
              ...told("detection"),
            }),
          }
        : {}),
      failed,
    };
  });
}
