import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { asClipError, ClipError } from "../../errors.js";
import type { Views } from "../../image/views.js";
import type { FitEnsembleOptions, FittedModels } from "../../measure/fit-ensemble.js";
import { COMBINES, type Combine } from "../../zeroshot/ensemble.js";
import { labelledSet } from "../eval/labelled-set.js";
import type { ClassOptions } from "../eval/names.js";
import { DOMAIN_NAMES, SET_NAMES, type TemplateOptions, templatesOf } from "../labels.js";
import {
  action,
  type ModelOptions,
  numberFrom,
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
  warn,
  warningsJson,
} from "../output.js";
import { type Progress, progress } from "../progress.js";

interface Options extends ModelOptions, TemplateOptions, ClassOptions {
  readonly models: string;
  readonly out: string;
  readonly cascade?: boolean;
  readonly combine?: Combine;
  readonly weights?: string;
  readonly drop?: number;
  readonly confidence?: number;
  readonly split?: string;
  readonly views?: Views;
  readonly seed?: number;
  readonly json?: boolean;
}

/** Names between commas; a path is written whole, so that the file can be used from any folder. */
function modelsOf(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.length < 2 || names.some((name) => name === "") || new Set(names).size < names.length) {
    throw new ClipError(
      "usage.ensemble",
      `Expected two or more different models between commas for --models but received "${text}".`,
    );
  }
  const nested = names.find((name) => /\.json(?:@\w+)?$/i.test(name));
  if (nested !== undefined) {
    throw new ClipError(
      "usage.ensemble",
      `Expected single models for --models but ${nested} is the file of an ensemble.`,
    );
  }
  return names.map((name) => {
    const [, path = name, precision = ""] = /^(.*?)(@(?:fp32|int8|auto))?$/i.exec(name) ?? [];
    return /[/\\.]/.test(path) && existsSync(path) ? `${resolve(path)}${precision}` : name;
  });
}

/** `--weights fit` (default), `equal` or numbers. */
function weightsOf(text: string | undefined): FitEnsembleOptions["weights"] {
  if (text === undefined || text === "fit" || text === "equal") return text;
  return text.split(",").map((word) => (word.trim() === "" ? Number.NaN : Number(word)));
}

function checkOptions(options: Options): FitEnsembleOptions["weights"] {
  if (!/\.json$/i.test(options.out)) {
    throw new ClipError("usage.out", `Expected a file that ends in .json but received ${options.out}.`);
  }
  if (statSync(options.out, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ClipError("usage.out", `Expected a file for --out but ${options.out} is a folder.`);
  }
  const other = options.cascade ? (options.combine ?? options.weights) : (options.drop ?? options.confidence);
  if (other !== undefined) {
    throw new ClipError(
      "usage.ensemble",
      "Expected --drop or --confidence with --cascade and --combine or --weights without it but received both kinds.",
    );
  }
  return weightsOf(options.weights);
}

async function fit(signal: AbortSignal, path: string, options: Options): Promise<number> {
  const models = modelsOf(options.models);
  const weights = checkOptions(options);
  const warnings: ToldWarning[] = [];
  const set = await labelledSet(path, options, signal, warnings);
  const { fitEnsemble, saveEnsemble } = await import("../../measure/fit-ensemble.js");
  const templates = templatesOf(options);
  const { combine, drop: points, confidence, seed } = options;
  const cascade = {
    ...(points === undefined ? {} : { drop: points / 100 }),
    ...(confidence === undefined ? {} : { confidence }),
  };
  let bar: Progress | undefined;
  let shown: string | undefined;
  let done = 0;
  const fitted = await fitEnsemble(models, set, {
    signal,
    open: (model) => openModelOf(model, options, signal, warnings),
    onProgress: (model, reached) => {
      if (model !== shown) bar?.stop();
      if (model !== shown || !bar) bar = progress(model, "pictures", showsProgress(options));
      shown = model;
      done = reached.done;
      bar.update(done, set.pictures.length, "");
    },
    ...(options.cascade ? { cascade } : {}),
    ...(combine === undefined ? {} : { combine }),
    ...(weights === undefined ? {} : { weights }),
    ...(templates === undefined ? {} : { templates }),
    ...(seed === undefined ? {} : { seed }),
    ...(options.batch === undefined ? {} : { batchSize: options.batch }),
    ...(options.views === undefined ? {} : { views: options.views }),
  })
    .catch((error: unknown) => {
      throw interruptedAfter(error, done, set.pictures.length);
    })
    .finally(() => bar?.stop());
  for (const { image, error } of fitted.failed) complain(error, image);
  // What was measured is told even where it can't be kept.
  const unkept = await saveEnsemble(options.out, fitted).then(
    () => undefined,
    (error: unknown) => asClipError(error, "model.ensemble"),
  );
  const { words, idle } = await wordsOf(fitted, points);
  if (idle !== undefined) {
    warnings.push({ code: "usage.ensemble", message: idle });
    if (!options.quiet) warn(idle);
  }
  if (options.json) {
    const { fitted: _, ...measured } = fitted.measured;
    const errors = fitted.failed.map(({ image, error }) => ({ image, error: errorJson(error) }));
    print(
      JSON.stringify(
        {
          ...fitted.plan,
          measured: { ...measured, secondsEach: fitted.secondsEach },
          ...(unkept ? { error: errorJson(unkept) } : { file: options.out }),
          ...(errors.length > 0 ? { failed: errors } : {}),
          ...warningsJson(warnings),
        },
        null,
        2,
      ),
    );
  } else {
    print(words);
    if (!unkept && !options.quiet)
      say(`kept in ${options.out}; use it as a model: zeroclip classify … --model ${options.out}`);
  }
  if (unkept) complain(unkept);
  return fitted.failed.length > 0 || unkept ? EXIT.someFailed : EXIT.done;
}

/** What a person is told; `idle` of a cascade that saves no time. */
async function wordsOf(
  { plan, measured, names, secondsEach }: FittedModels,
  points: number | undefined,
): Promise<{ words: string; idle?: string | undefined }> {
  const show = await import("../ensemble/show.js");
  const own = (numbers: readonly number[]): string[] => numbers.map((number) => number.toFixed(3));
  if (plan.kind === "ensemble" || !("saved" in measured)) {
    const weights = plan.kind === "ensemble" ? plan.weights : [];
    return { words: show.showMembers(names, measured, secondsEach, own(weights), "weight") };
  }
  const table = show.showMembers(names, measured, secondsEach, own(plan.thresholds), "answers from");
  return {
    words: `${table}\n${show.showSaved(measured, names)}`,
    idle: show.idleCascade(measured, names, points),
  };
}

export function ensembleCommand(command: Command): Command {
  command.description("several models that answer as one");
  const fitting = command
    .command("fit")
    .description("fit an ensemble or a cascade on labelled pictures and say what it gains")
    .argument("<pictures>", "one folder a class, a list (.csv, .jsonl), CIFAR's .bin or a .tar")
    .requiredOption("--models <list>", "two or more, between commas; of a cascade the cheapest first")
    .requiredOption("-o, --out <file>", "FILE.json, which is then a model for classify, eval and calibrate")
    .option("--cascade", "the first model answers where it is sure enough, else the next")
    .option(
      "--drop <points>",
      "with --cascade: points of top-1 that may be lost (default: 0.5)",
      numberFrom(0, 99),
    )
    .option(
      "--confidence <share>",
      "with --cascade: how sure no more than that is lost (default: 0.9; 0.5: on these pictures)",
      numberFrom(0.5, 0.999),
    )
    .addOption(
      new Option("--combine <how>", "means of probabilities (default) or logits, or points by rank").choices([
        ...COMBINES,
      ]),
    )
    .option("--weights <list>", "fit (default), equal, or a number for each model: 2,1")
    .option("--label-set <name>", `the classes are labels of a set (${SET_NAMES})`)
    .option("--labels-file <file>", "the classes are labels of this set: YAML, JSON or one label a line")
    .option("--all-labels", "with a set: choose among the whole set, not only the classes there are")
    .option("--level <n>", "with a set of several levels: labels of this one, 1 is the top", whole(1, 100))
    .option("--prompt-lang <code>", "with a set: language of names in prompts")
    .option("--names <file>", 'names for folders: a JSON object {"folder": "label"}')
    .option("--split <name>", "only this part of data that has parts (test, train, …)")
    .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
    .option("--domain <name>", `prompts for a kind of picture; may repeat: ${DOMAIN_NAMES}`, repeated)
    .addOption(viewsOption())
    .option("--seed <n>", "of the halves that are measured with (default: 1)", whole(0, 999_999_999))
    .option("--json", "print JSON; shares are 0..1");
  withModel(fitting)
    .addHelpText(
      "after",
      `
What is kept is fitted on all pictures; the figures are of halves, each answered
by what was fitted on the other. Fit on other pictures than you measure on.

Examples:
  zeroclip ensemble fit animals/ --models RN50,ViT-B/32 --out pair.json
  zeroclip ensemble fit animals/ --models RN50,ViT-L/14 --cascade --drop 0.5 --out fast.json
  zeroclip classify cat.jpg --labels "cat,dog" --model pair.json
  zeroclip eval other-animals/ --model RN50,ViT-L/14,fast.json`,
    )
    .action(action(fit));
  return command;
}
