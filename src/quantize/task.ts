import type { Warning } from "../encoder.js";
import { type LabelledClass, readLabelledFolder } from "../evaluate/labelled-folder.js";
import type { ImageInput } from "../image/sources.js";
import { sample } from "../math/random.js";
import type { OpenedModel } from "../models/manifest.js";
import { labelSet } from "../zeroshot/label-sets.js";
import { checkLabels } from "../zeroshot/prompts.js";
import { checkTemplates, fillTemplate } from "../zeroshot/templates.js";
import type { GateTask } from "./gate.js";
import { calibrationInputs, collectSquares } from "./pictures.js";

/** What a model and its quantised form are compared on. */
export interface TaskOptions {
  /**
   * Photos such as the model will see: a folder, or pictures (at most 256 of them are used). Default: crops of the photos
   * that ship in the package.
   */
  readonly calibration?: string | readonly ImageInput[];
  /** Labelled pictures: a folder with one folder a class, or classes. Tells the loss in top-1; at most 500 are used. */
  readonly labelled?: string | readonly LabelledClass[];
  /** What pictures are told apart by. Default: the labelled classes, else zeroclip's set `everyday`. */
  readonly labels?: readonly string[];
  /** Default: the model's. */
  readonly templates?: readonly string[];
}

export interface TaskListener {
  readonly signal?: AbortSignal | undefined;
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Pictures and prompts of a comparison. */
export interface Task {
  /** Squares that the image tower reads: those of calibration, then those that are labelled. */
  readonly squares: readonly Uint8Array[];
  /** How many of the squares are for calibration. */
  readonly calibration: number;
  /** Label by label, template by template. */
  readonly prompts: readonly string[];
  readonly gate: GateTask;
}

/** The set whose labels are chosen among where none are given. */
const LABEL_SET = "everyday";

/** Labelled pictures that are used; their squares are held in memory: of 336 × 336 pixels 170 MB. */
const MOST_LABELLED = 500;

const SEED = 7;

/** Reads the pictures and fills the prompts. Raises `quantize.calibration`, `input.none`, `labels.*`, `evaluate.folder`. */
export async function readTask(
  { manifest }: OpenedModel,
  options: TaskOptions,
  { signal, onWarning, onProgress }: TaskListener,
): Promise<Task> {
  const { preprocessing } = manifest.image;
  const classes =
    typeof options.labelled === "string"
      ? await readLabelledFolder(options.labelled, new Map(), signal ? { signal } : {})
      : options.labelled;
  const labels = checkLabels(options.labels ?? classes?.map(({ label }) => label) ?? defaultLabels());
  const templates = checkTemplates(options.templates ?? manifest.templates);
  const prompts = labels.flatMap((label) => templates.map((template) => fillTemplate(template, label)));

  const inputs = await calibrationInputs(options.calibration, signal);
  const pairs = sample(labelledPairs(classes ?? [], labels), MOST_LABELLED, SEED);
  const listener = (before: number) => ({
    signal,
    onSkip: (name: string, { message }: Error) =>
      onWarning?.({ code: "quantize.picture", message: `${name} is left out: ${message}` }),
    onProgress: (done: number) => onProgress?.(before + done, inputs.length + pairs.length),
  });
  const own = await collectSquares(inputs, preprocessing, "crops", listener(0));
  const calibration = own.squares.length;
  const shared = { prompts, calibration };
  if (classes === undefined) {
    const judged = own.squares.map((_, i) => i);
    return { ...shared, squares: own.squares, gate: { labels, templates: templates.length, judged } };
  }
  const images = pairs.map(({ image }) => image);
  const found = await collectSquares(images, preprocessing, "whole", listener(inputs.length));
  return {
    ...shared,
    squares: [...own.squares, ...found.squares],
    gate: {
      labels,
      templates: templates.length,
      judged: found.squares.map((_, i) => calibration + i),
      truths: found.origins.map((origin) => pairs[origin]!.truth),
    },
  };
}

function defaultLabels(): string[] {
  return labelSet(LABEL_SET).labels.map(({ name }) => name);
}

/** Pictures with their label's position; a class whose label is not among them is none of the task. */
function labelledPairs(
  classes: readonly LabelledClass[],
  labels: readonly string[],
): { image: string; truth: number }[] {
  return classes.flatMap(({ label, images }) => {
    const truth = labels.indexOf(label);
    return truth < 0 ? [] : images.map((image) => ({ image, truth }));
  });
}
