import { type Command, Option } from "commander";
import type { FailedImage } from "../../evaluate/collect.js";
import type { LabelledSet } from "../../evaluate/data/labelled-set.js";
import { ATTACKS } from "../../robust/measure/adversarial.js";
import { PARTS, type Robustness } from "../../robust/robust.js";
import { TRAIN_METHODS, type TrainMethod } from "../../robust/train/options.js";
import { checkReportPath } from "../eval/report.js";
import { someOf, wholeOf } from "../lists.js";
import { action, imageOptionsOf, numberFrom, showsProgress, whole, withModel } from "../options.js";
import { complain, EXIT, errorJson, print, say, type ToldWarning, warningsJson } from "../output.js";
import { progress } from "../progress.js";
import { stagedBars } from "../robust/bars.js";
import { type LabelledOptions, numbersOf, openAll, withLabelled } from "../robust/options.js";

interface MeasureOptions extends LabelledOptions {
  readonly only?: string;
  readonly attacked?: number;
  readonly attacks?: string;
  readonly epsilons?: string;
  readonly steps?: number;
  readonly queries?: number;
  readonly resolutions?: string;
  readonly outside?: string;
  readonly report?: string;
}

const CODE = "usage.robust";

/** Pictures that could not be read, for the person and for JSON. */
function told(failed: readonly FailedImage[]): { failed?: readonly object[] } {
  for (const { image, error } of failed) complain(error, image);
  return failed.length > 0
    ? { failed: failed.map(({ image, error }) => ({ image, error: errorJson(error) })) }
    : {};
}

async function measure(signal: AbortSignal, path: string, options: MeasureOptions): Promise<number> {
  const warnings: ToldWarning[] = [];
  const parts = someOf(options.only ?? PARTS.join(","), PARTS, "--only", CODE);
  const attacks =
    options.attacks === undefined ? undefined : someOf(options.attacks, ATTACKS, "--attacks", CODE);
  const epsilons =
    options.epsilons === undefined ? undefined : numbersOf(options.epsilons, 0, 255, "--epsilons");
  const resolutions =
    options.resolutions === undefined
      ? undefined
      : wholeOf(options.resolutions, 1, 4096, "--resolutions", CODE);
  await checkReportPath(options.report);
  const { measureRobustness } = await import("../../robust/robust.js");
  const outside = options.outside === undefined ? undefined : await openOutside(options.outside, signal);
  await using opened = await openAll(path, options, signal, warnings);
  const bars = stagedBars(options, parts);
  const { pictures, attacked, steps, queries, seed, threads } = options;
  const found = await measureRobustness(opened.subject, opened.weights, opened.set, {
    parts,
    signal,
    image: imageOptionsOf(options),
    onProgress: bars.report,
    ...(threads === undefined ? {} : { session: { threads } }),
    ...(pictures === undefined ? {} : { pictures }),
    ...(attacked === undefined ? {} : { attacked }),
    ...(attacks === undefined ? {} : { attacks }),
    ...(epsilons === undefined ? {} : { epsilons }),
    ...(steps === undefined ? {} : { steps }),
    ...(queries === undefined ? {} : { queries }),
    ...(resolutions === undefined ? {} : { resolutions }),
    ...(outside === undefined ? {} : { outside }),
    ...(seed === undefined ? {} : { seed }),
  }).finally(() => bars.stop());
  const { failed, ...figures } = found;
  const unread = told(failed);
  // Before anything is printed: a reader that goes away (`| head`) ends the command, and what can't be written costs no figures.
  const report = await saveReport(found, options).catch((error: unknown) => ({ error }));
  if (options.json) print(JSON.stringify({ ...figures, ...unread, ...warningsJson(warnings) }, null, 2));
  else print((await import("../robust/show.js")).showRobustness(found));
  if (report) throw report.error;
  return failed.length > 0 ? EXIT.someFailed : EXIT.done;
}

async function saveReport(found: Robustness, { report, quiet }: MeasureOptions): Promise<void> {
  if (report === undefined) return;
  const { writeRobustReport } = await import("../../robust/report.js");
  await writeRobustReport(report, found);
  if (!quiet) say(`The report is in ${report}.`);
}

/** Pictures of nothing among the labels: all of a folder, whatever folders they are in, else a set as for the labelled ones. */
async function openOutside(path: string, signal: AbortSignal): Promise<LabelledSet> {
  const { openSet, flatSet } = await import("../../evaluate/data/open-set.js");
  return (await flatSet(path, "outside", { signal })) ?? openSet(path, path, { signal });
}

interface TrainOptions extends LabelledOptions {
  readonly method: TrainMethod;
  readonly out: string;
  readonly epsilon?: number;
  readonly attackSteps?: number;
  readonly updates?: number;
  readonly batchSize?: number;
  readonly rate?: number;
  readonly cleanShare?: number;
  readonly size?: number;
  readonly lookEvery?: number;
  readonly patience?: number;
}

async function train(signal: AbortSignal, path: string, options: TrainOptions): Promise<number> {
  const warnings: ToldWarning[] = [];
  const [{ trainModel }, { DEFAULT_TRAINING }] = await Promise.all([
    import("../../robust/train/train-model.js"),
    import("../../robust/train/options.js"),
  ]);
  await using opened = await openAll(path, options, signal, warnings, {
    unlabelled: options.method === "fare",
  });
  const {
    method,
    epsilon,
    attackSteps,
    updates,
    batchSize,
    rate,
    cleanShare,
    lookEvery,
    patience,
    seed,
    pictures,
    threads,
  } = options;
  const given = {
    method,
    epsilon,
    attackSteps,
    updates,
    batch: batchSize,
    rate,
    cleanShare,
    lookEvery,
    patience,
    seed,
  };
  const asked = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const reading = progress("reading", "pictures", showsProgress(options));
  const bar = progress(`training (${method})`, "updates", showsProgress(options));
  const trained = await trainModel(opened.subject, opened.set, {
    out: options.out,
    settings: { ...DEFAULT_TRAINING, size: options.size ?? opened.subject.tower.size, ...asked },
    texts: opened.weights.vectors,
    signal,
    image: imageOptionsOf(options),
    onRead: (done, total) => (done === total ? reading.stop() : reading.update(done, total, "")),
    onProgress: ({ done, total, loss }) => bar.update(done, total, `loss ${loss.toFixed(3)}`),
    ...(threads === undefined ? {} : { session: { threads } }),
    ...(pictures === undefined ? {} : { pictures }),
  }).finally(() => {
    reading.stop();
    bar.stop();
  });
  const { failed, manifest, looks, ...facts } = trained;
  const unread = told(failed);
  if (options.json) {
    const made = { name: manifest.name, revision: manifest.revision, folder: options.out };
    print(JSON.stringify({ ...made, ...facts, looks, ...unread, ...warningsJson(warnings) }, null, 2));
  } else {
    const { showTrained } = await import("../robust/show-trained.js");
    print(showTrained(trained));
    if (!options.quiet) say(`kept in ${options.out}; use it: zeroclip robust … --model ${options.out}`);
  }
  return failed.length > 0 ? EXIT.someFailed : EXIT.done;
}

export function robustCommand(command: Command): Command {
  command
    .description("how a model stands up to disturbed and attacked pictures, and training against attacks")
    .addHelpText(
      "after",
      `
"zeroclip robust PICTURES" is "zeroclip robust test PICTURES"; "zeroclip robust test --help"
and "zeroclip robust train --help" show their options. Pictures are changed as they enter
the image tower. Every defence is also measured under the attack that knows it. Attacks
need a model in 32-bit floats.

Examples:
  zeroclip robust animals/ --model starter
  zeroclip robust animals/ --only adversarial,defences --epsilons 1,2 --json
  zeroclip robust animals/ --only corruptions --report corruptions.html
  zeroclip robust train photos/ --method fare --out starter-robust --size 128
  zeroclip robust animals/ --model ./starter-robust`,
    );
  withModel(
    withLabelled(
      command
        .command("test", { isDefault: true })
        .description("measure: corruptions, resolutions, writing, attacks, defences, detection")
        .argument("<pictures>", "one folder a class, a list (.csv, .jsonl), CIFAR's .bin or a .tar"),
    )
      .option("--only <list>", `some of ${PARTS.join(", ")} (default: all)`)
      .option("--pictures <n>", "pictures, drawn by the seed (default: 100)", whole(1, 10_000))
      .option("--attacked <n>", "of these the first n are attacked (default: 48)", whole(1, 10_000))
      .option("--attacks <list>", `some of ${ATTACKS.join(", ")} (default: all)`)
      .option("--epsilons <list>", "budgets of attacks in 255ths (default: 1,2,4)")
      .option("--steps <n>", "steps of PGD (default: 10)", whole(1, 1_000))
      .option("--queries <n>", "queries of the Square attack (default: 100)", whole(1, 100_000))
      .option("--resolutions <list>", "shorter sides, pixels (default: 224,112,56,28)")
      .option("--outside <pictures>", "a folder of pictures of nothing among the labels, to be found out")
      .option("--report <file>", "one HTML file with charts, which needs no network"),
  ).action(action(measure));
  withModel(
    withLabelled(
      command
        .command("train")
        .description(
          "train a model's image tower against attacks; a stopped training goes on when called again",
        )
        .argument("<pictures>", "to learn from, in any form that test takes")
        .requiredOption("-o, --out <folder>", "folder of the trained model, for --model")
        .addOption(
          new Option(
            "--method <name>",
            "fare: towards the clean features, no labels used; tecoa: towards the labels' texts",
          )
            .choices([...TRAIN_METHODS])
            .default("fare"),
        ),
    )
      .option("--pictures <n>", "at most so many, drawn by the seed (default: all)", whole(1, 10_000))
      .option("--epsilon <x>", "budget of the attack in 255ths (default: 2)", numberFrom(0, 255))
      .option("--attack-steps <n>", "steps of the attack on each batch (default: 2)", whole(0, 100))
      .option("--updates <n>", "batches that are learnt from (default: 400)", whole(1, 1_000_000))
      .option("--batch-size <n>", "pictures of an update (default: 16)", whole(1, 1024))
      .option("--rate <x>", "Adam's rate at its height (default: 0.0001)", numberFrom(1e-9, 1))
      .option(
        "--clean-share <x>",
        "share of each batch that is not attacked (default: 0.25)",
        numberFrom(0, 1),
      )
      .option(
        "--size <n>",
        "side of the square that the new tower reads, pixels (default: the model's)",
        whole(16, 4096),
      )
      .option(
        "--look-every <n>",
        "updates from one look at held-out pictures to the next (default: 25)",
        whole(1, 1_000_000),
      )
      .option("--patience <n>", "looks without gain that end it (default: 6)", whole(1, 1_000_000)),
  ).action(action(train, { patient: true }));
  return command;
}
