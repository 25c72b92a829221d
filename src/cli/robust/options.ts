import type { Command } from "commander";
import { ClipError } from "../../errors.js";
import type { LabelledSet } from "../../evaluate/data/labelled-set.js";
import type { FindOptions } from "../../find-model.js";
import type { Subject } from "../../robust/subject.js";
import type { ZeroShotWeights } from "../../zeroshot/weights.js";
import { labelledSet } from "../eval/labelled-set.js";
import type { ClassOptions } from "../eval/names.js";
import { DOMAIN_NAMES, SET_NAMES, type TemplateOptions, templatesOf } from "../labels.js";
import { type ModelOptions, openModelOf, repeated, whole } from "../options.js";
import type { ToldWarning } from "../output.js";

export interface LabelledOptions extends ModelOptions, TemplateOptions, ClassOptions {
  readonly split?: string;
  readonly pictures?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

/** Options of labelled pictures and their prompts. */
export function withLabelled(command: Command): Command {
  return command
    .option("--label-set <name>", `the classes are labels of a set (${SET_NAMES})`)
    .option("--labels-file <file>", "the classes are labels of this set: YAML, JSON or one label a line")
    .option("--all-labels", "with a set: choose among the whole set, not only the classes there are")
    .option("--level <n>", "with a set of several levels: labels of this one, 1 is the top", whole(1, 100))
    .option("--names <file>", 'names for classes: a JSON object {"folder": "label"}')
    .option("--split <name>", "only this part of data that has parts (test, train, …)")
    .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
    .option("--domain <name>", `prompts for a kind of picture; may repeat: ${DOMAIN_NAMES}`, repeated)
    .option("--seed <n>", "of all that is drawn (default: 1)", whole(0, 999_999_999))
    .option("--json", "print JSON; shares are 0..1");
}

/** How a model is found, from a command's options. */
function findOptions({ home, offline, rules }: ModelOptions, signal: AbortSignal): FindOptions {
  return {
    signal,
    ...(home === undefined ? {} : { home }),
    ...(offline ? { offline: true } : {}),
    ...(rules === undefined ? {} : { rules }),
  };
}

/** What both commands begin with: the pictures, the model's image tower as data, and the texts of the labels. */
export interface Opened extends AsyncDisposable {
  readonly set: LabelledSet;
  readonly subject: Subject;
  readonly weights: ZeroShotWeights;
}

/** `unlabelled`: a folder without one folder a class will do, and all its pictures are taken. */
export async function openAll(
  path: string,
  options: LabelledOptions,
  signal: AbortSignal,
  warnings: ToldWarning[],
  { unlabelled = false } = {},
): Promise<Opened> {
  const [{ openSubject }, { labelInputs }] = await Promise.all([
    import("../../robust/subject.js"),
    import("../../evaluate/data/labelled-set.js"),
  ]);
  const set = await labelledSet(path, options, signal, warnings).catch(async (error: unknown) => {
    const { flatSet } = await import("../../evaluate/data/open-set.js");
    const isFlat = unlabelled && error instanceof ClipError && error.code === "evaluate.folder";
    const flat = isFlat ? await flatSet(path, "picture", { signal }) : undefined;
    if (flat === undefined) throw error;
    return flat;
  });
  // First, as what has no derivatives is refused by its name.
  const subject = await openSubject(options.model, findOptions(options, signal));
  try {
    await using clip = await openModelOf(options.model, { ...options, calibration: false }, signal, warnings);
    const weights = await clip.zeroShotWeights(
      labelInputs(set.classes),
      templatesOf(options) ?? clip.model.templates,
      { signal },
    );
    return { set, subject, weights, [Symbol.asyncDispose]: () => subject[Symbol.asyncDispose]() };
  } catch (error) {
    await subject[Symbol.asyncDispose]();
    throw error;
  }
}

/** Numbers between commas. Raises `usage.robust`. */
export function numbersOf(text: string, least: number, most: number, option: string): number[] {
  return text.split(",").map((word) => {
    const value = Number(word);
    if (word.trim() !== "" && value > least && value <= most) return value;
    throw new ClipError(
      "usage.robust",
      `Expected numbers above ${least} and up to ${most} for ${option} but received "${word}".`,
    );
  });
}
