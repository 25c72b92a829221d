import { basename } from "node:path";
import { type Command, Option } from "commander";
import { asClipError, ClipError } from "../../errors.js";
import type { HeldOut } from "../../evaluate/calibrate.js";
import type { Views } from "../../image/views.js";
import { CONFORMAL_SCORES, type ConformalScore } from "../../zeroshot/confidence/conformal.js";
import { type CalibrationMethod, METHODS } from "../../zeroshot/confidence/fit.js";
import { type CalibrationRecord, labelsKey } from "../../zeroshot/confidence/record.js";
import { labelsAt } from "../../zeroshot/hierarchy.js";
import { labelledSet } from "../eval/labelled-set.js";
import { type ClassOptions, givenLabelsOf, namesOf } from "../eval/names.js";
import { DOMAIN_NAMES, type TemplateOptions, templatesOf } from "../labels.js";
import { settings } from "../models/settings.js";
import { counted } from "../numbers.js";
import {
  action,
  type ModelOptions,
  openModelOf,
  repeated,
  showsProgress,
  viewsOption,
  whole,
  withModel,
} from "../options.js";
import {
  complain,
  EXIT,
  errorJson,
  interruptedAfter,
  print,
  say,
  type ToldWarning,
  tellOnce,
  warn,
  warningsJson,
} from "../output.js";
import { progress } from "../progress.js";

interface Options extends ModelOptions, TemplateOptions, ClassOptions {
  readonly split?: string;
  readonly views?: Views;
  readonly method?: CalibrationMethod | "auto";
  readonly conformal?: ConformalScore;
  readonly perLabel?: boolean;
  readonly outOfSet?: string;
  readonly seed?: number;
  readonly dryRun?: boolean;
  readonly independent?: boolean;
  readonly remove?: boolean;
  readonly json?: boolean;
}

async function picturesOf(pattern: string | undefined, signal: AbortSignal): Promise<string[]> {
  const { expandInputs } = await import("../../image/sources.js");
  const found: string[] = [];
  if (pattern !== undefined) for await (const path of expandInputs([pattern], { signal })) found.push(path);
  return found;
}

async function calibrate(signal: AbortSignal, path: string | undefined, options: Options): Promise<number> {
  if (options.remove) return remove(signal, options);
  if (path === undefined)
    throw new ClipError("usage.argument", "Expected a folder of labelled pictures but received none.");
  if (options.independent) return calibrateLabels(signal, path, options);
  const warnings: ToldWarning[] = [];
  const set = await labelledSet(path, options, signal, warnings);
  const [given] = await givenLabelsOf(options, 1);
  const without = given && !given.all ? labelsAt(given.set, given.level).length - set.classes.length : 0;
  if (without > 0) {
    const message = `${counted(without, "label")} of ${given!.name} without pictures ${without === 1 ? "is" : "are"} left out: to classify with all of them --all-labels calibrates all.`;
    tellOnce(warnings, { code: "calibrate.labels", message }, options.quiet);
  }
  const outOfSet = await picturesOf(options.outOfSet, signal);
  await using clip = await openModelOf(options.model, options, signal, warnings);
  const { calibrateModel } = await import("../../evaluate/calibrate-model.js");
  const bar = progress("calibrating", "pictures", showsProgress(options));
  const words = progress("comparing words", "prompts", showsProgress(options));
  const templates = templatesOf(options);
  let at = { done: 0, total: set.pictures.length + outOfSet.length };
  const made = await calibrateModel(clip, set, {
    signal,
    outOfSet,
    onProgress: (reached) => {
      at = reached;
      bar.update(reached.done, reached.total, "");
    },
    onWarning: (warning) => {
      bar.stop();
      tellOnce(warnings, warning, options.quiet);
    },
    onPrompts: ({ done, total }) => {
      // Labels' own prompts are few; those of words far from them come when the pictures are done.
      if (at.done < at.total) return;
      bar.stop();
      words.update(done, total, "");
    },
    ...(templates === undefined ? {} : { templates }),
    ...(options.batch === undefined ? {} : { batchSize: options.batch }),
    ...(options.views === undefined ? {} : { views: options.views }),
    ...(options.method === undefined ? {} : { method: options.method }),
    ...(options.conformal === undefined ? {} : { conformal: options.conformal }),
    ...(options.perLabel ? { perLabel: true } : {}),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  })
    .catch((error: unknown) => {
      throw interruptedAfter(error, at.done, at.total);
    })
    .finally(() => {
      bar.stop();
      words.stop();
    });
  const { file, unkept } = await keep(made.record, clip.model.revision, options);
  for (const { image, error } of made.failed) complain(error, image);
  const doubt = doubtOf(made.heldOut);
  if (doubt) warnings.push(doubt);
  if (options.json) {
    const { conformal, ...record } = made.record;
    const shown = {
      ...record,
      conformal: { score: made.conformal.score, images: made.conformal.scores.length },
      ...(made.heldOut ? { reliability: made.heldOut.reliability } : {}),
      ...(made.separation ? { outOfSet: made.separation } : {}),
      ...(file === undefined ? {} : { file }),
      ...(made.failed.length > 0
        ? { failed: made.failed.map(({ image, error }) => ({ image, error: errorJson(error) })) }
        : {}),
      ...warningsJson(warnings),
    };
    print(JSON.stringify(shown, null, 2));
  } else {
    const { showCalibration } = await import("../calibrate/show.js");
    print(showCalibration(made, clip.model.logitScale));
    if (file !== undefined && !options.quiet)
      say(`kept in ${file}; classify${seenBy(options)} uses it from now on`);
  }
  if (doubt && !options.quiet) warn(doubt.message);
  return made.failed.length > 0 || unkept ? EXIT.someFailed : EXIT.done;
}

/** What is to be said of a calibration that nothing, or nothing good, is known of on pictures that it was not fitted on. */
function doubtOf(heldOut: HeldOut | undefined): ToldWarning | undefined {
  if (!heldOut) {
    const message =
      "Too few pictures to hold any out (100 are needed): how well this holds was not measured.";
    return { code: "calibrate.unmeasured", message };
  }
  const { before, after } = heldOut;
  if (after.ece < before.ece) return undefined;
  const figures = `ECE ${before.ece.toFixed(3)} before, ${after.ece.toFixed(3)} after`;
  const message = `On pictures that were held out the calibrated probabilities were no nearer to the truth (${figures}): more labelled pictures may mend that, and zeroclip calibrate --remove takes it back.`;
  return { code: "calibrate.no-gain", message };
}

/** Stores a record, or tells why it can't be: the figures, which took long, are shown all the same. */
async function keep(
  record: CalibrationRecord,
  revision: string,
  options: Options,
): Promise<{ readonly file?: string; readonly unkept?: ClipError }> {
  if (options.dryRun) return {};
  try {
    return { file: await stored(record, revision, settings(options).home) };
  } catch (error) {
    const unkept = asClipError(error, "calibrate.write");
    complain(unkept);
    return { unkept };
  }
}

/** How `classify` has to see pictures for a calibration to count, where that is not the usual way. */
function seenBy({ views = "center" }: Options): string {
  return views === "center" ? "" : ` --views ${views}`;
}

/** Stores a record beside what the one before it has for the same labels, prompts and views. Resolves to the file. */
async function stored(record: CalibrationRecord, revision: string, home: string): Promise<string> {
  const { listCalibrations, saveCalibration } = await import("../../calibration-store.js");
  const before = (await listCalibrations(home, revision)).find(
    ({ record: { labels, prompts, views } }) =>
      prompts === record.prompts && views === record.views && labelsKey(labels) === labelsKey(record.labels),
  )?.record;
  if (record.calibration)
    return saveCalibration(home, {
      ...record,
      ...(before?.independent ? { independent: before.independent } : {}),
    });
  return saveCalibration(
    home,
    before?.calibration ? { ...before, independent: record.independent! } : record,
  );
}

/** Options that are of labels which exclude each other. */
const NOT_INDEPENDENT = ["method", "conformal", "perLabel", "outOfSet", "level"] as const;

/** Labels of which any number may hold: each is fitted by itself. */
async function calibrateLabels(signal: AbortSignal, path: string, options: Options): Promise<number> {
  const stray = NOT_INDEPENDENT.find((name) => options[name] !== undefined);
  if (stray !== undefined) {
    const flag = stray.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new ClipError(
      "usage.independent",
      `Expected --independent without --${flag}, which is of labels that exclude each other.`,
    );
  }
  const [{ openTagged }, { calibrateIndependent }] = await Promise.all([
    import("../../evaluate/data/tagged-set.js"),
    import("../../evaluate/calibrate-independent.js"),
  ]);
  const [labels] = await givenLabelsOf(options, 1);
  const names = await namesOf(undefined, options);
  const split = options.split === undefined ? {} : { split: options.split };
  const set = await openTagged(path, basename(path), { names, labels, signal, ...split });
  const warnings: ToldWarning[] = [];
  await using clip = await openModelOf(options.model, options, signal, warnings);
  const bar = progress("calibrating", "pictures", showsProgress(options));
  const templates = templatesOf(options);
  let done = 0;
  const made = await calibrateIndependent(clip, set, {
    signal,
    onProgress: (at) => {
      done = at.done;
      bar.update(at.done, set.pictures.length, "");
    },
    ...(templates === undefined ? {} : { templates }),
    ...(options.batch === undefined ? {} : { batchSize: options.batch }),
    ...(options.views === undefined ? {} : { views: options.views }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  })
    .catch((error: unknown) => {
      throw interruptedAfter(error, done, set.pictures.length);
    })
    .finally(bar.stop);
  const { file, unkept } = await keep(made.record, clip.model.revision, options);
  for (const { image, error } of made.failed) complain(error, image);
  if (options.json) {
    const { record, heldOut, before, labels: each, failed } = made;
    const shown = {
      ...record,
      heldOut: { images: record.images, before, after: heldOut },
      perLabel: each,
      ...(file === undefined ? {} : { file }),
      ...(failed.length > 0
        ? { failed: failed.map(({ image, error }) => ({ image, error: errorJson(error) })) }
        : {}),
      ...warningsJson(warnings),
    };
    print(JSON.stringify(shown, null, 2));
  } else {
    const { showIndependent } = await import("../calibrate/show.js");
    print(showIndependent(made));
    if (file !== undefined && !options.quiet)
      say(`kept in ${file}; classify --independent${seenBy(options)} uses it from now on`);
  }
  return made.failed.length > 0 || unkept ? EXIT.someFailed : EXIT.done;
}

async function remove(signal: AbortSignal, options: Options): Promise<number> {
  await using clip = await openModelOf(options.model, options, signal);
  const { removeCalibrations } = await import("../../calibration-store.js");
  const { removed, damaged } = await removeCalibrations(settings(options).home, clip.model.revision);
  const { name } = clip.model;
  if (options.json) print(JSON.stringify({ model: name, removed, ...(damaged > 0 ? { damaged } : {}) }));
  else if (!options.quiet) {
    const beside = damaged > 0 ? `, and ${damaged} that ${damaged === 1 ? "was" : "were"} damaged` : "";
    say(`${removed} calibration${removed === 1 ? "" : "s"} of ${name} removed${beside}`);
  }
  return EXIT.done;
}

export function calibrateCommand(command: Command): Command {
  command
    .description("make probabilities mean what they say, from labelled pictures")
    .argument("[pictures]", "one folder a class, a list (.csv, .jsonl), CIFAR's .bin or a .tar")
    .option("--label-set <name>", "the classes are labels of this ready set")
    .option("--labels-file <file>", "the classes are labels of this set: YAML, JSON or one label a line")
    .option("--all-labels", "with a set: for the whole set, not only the classes there are")
    .option("--level <n>", "with a set of several levels: labels of this one, 1 is the top", whole(1, 100))
    .option("--prompt-lang <code>", "with a set: language of names in prompts")
    .option("--names <file>", 'names for folders: a JSON object {"folder": "label"}')
    .option("--split <name>", "only this part of data that has parts (validation, train, …)")
    .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
    .option("--domain <name>", `prompts for a kind of picture; may repeat: ${DOMAIN_NAMES}`, repeated)
    .addOption(viewsOption())
    .addOption(
      new Option("--method <name>", "auto (default): temperature or isotonic, what errs less").choices([
        "auto",
        ...METHODS,
      ]),
    )
    .addOption(
      new Option("--conformal <score>", "of the sets of classify --coverage (default: lac)").choices([
        ...CONFORMAL_SCORES,
      ]),
    )
    .option("--independent", "any number of labels may hold: a list with a column labels, cat|dog")
    .option("--per-label", "also a bound for each label, for classify --coverage --per-label")
    .option("--out-of-set <pictures>", "pictures of something else: how well abstaining tells them")
    .option("--seed <n>", "of the halves that are measured with (default: 1)", whole(0, 999_999_999))
    .option("--dry-run", "measure, keep nothing")
    .addOption(new Option("--remove", "forget the calibrations of this model").conflicts("dryRun"))
    .option("--json", "print JSON; shares are 0..1");
  return withModel(command)
    .addHelpText(
      "after",
      `
A calibration is kept for this model and these labels, under --home, and used by
classify from then on; for other labels its temperature is. The figures are of
pictures that were held out.

Examples:
  zeroclip calibrate animals/
  zeroclip calibrate goods/ --method vector --conformal raps --domain retail
  zeroclip calibrate animals/ --out-of-set holiday-photos/ --json
  zeroclip calibrate tagged.csv --independent
  zeroclip classify cat.jpg --labels-file animals.txt --coverage 0.9 --abstain auto`,
    )
    .action(action(calibrate));
}
