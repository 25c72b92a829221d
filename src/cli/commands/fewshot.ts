import type { Command } from "commander";
import { ClipError } from "../../errors.js";
import { METHODS } from "../../fewshot/methods/method.js";
import { acquireLock } from "../../models/lock.js";
import { FILE_ENDINGS } from "../eval/files.js";
import { labelledSet } from "../eval/labelled-set.js";
import { fit } from "../fewshot/fit.js";
import { fitBars, methodOption, type Options, shotsOption, withPictures } from "../fewshot/options.js";
import { collected, picturesAs, told } from "../fewshot/pictures.js";
import { adapterFacts, showAdapter, showCurve } from "../fewshot/show.js";
import { suggest } from "../fewshot/suggest.js";
import { DOMAIN_NAMES, SET_NAMES } from "../labels.js";
import { counted } from "../numbers.js";
import { action, adapterOption, openModelOf, repeated, whole, withModel } from "../options.js";
import { EXIT, errorJson, print, say, type ToldWarning, tellOnce, warningsJson } from "../output.js";
import { checkWritable } from "../writable.js";

async function info(_: AbortSignal, file: string, options: Options): Promise<number> {
  const { readAdapter } = await import("../../fewshot/adapter-file.js");
  const adapter = readAdapter(file);
  print(options.json ? JSON.stringify(adapterFacts(adapter), null, 2) : showAdapter(adapter));
  return EXIT.done;
}

/** An adapter that nobody else changes until it is written: two at once would lose what one of them added. Raises `usage.out`, `aborted`. */
async function alone(file: string, signal: AbortSignal, { quiet }: Options): Promise<AsyncDisposable> {
  await checkWritable(file, "the adapter", "usage.out");
  let isTold = false;
  return acquireLock(`${file}.lock`, {
    signal,
    onWait: () => {
      if (!quiet && !isTold) say(`Another process changes ${file}: this one waits for it.`);
      isTold = true;
    },
  });
}

interface AddOptions extends Options {
  readonly label?: string;
}

async function add(signal: AbortSignal, file: string, path: string, options: AddOptions): Promise<number> {
  const warnings: ToldWarning[] = [];
  const { readAdapter, writeAdapter } = await import("../../fewshot/adapter-file.js");
  const { addShots } = await import("../../fewshot/change.js");
  const { checkBelongs } = await import("../../fewshot/belongs.js");
  readAdapter(file);
  const set = await (options.label === undefined
    ? labelledSet(path, options, signal, warnings, FILE_ENDINGS).catch(orLabel)
    : picturesAs(options.label, [path], signal, FILE_ENDINGS));
  await using _ = await alone(file, signal, options);
  const adapter = readAdapter(file);
  await using clip = await openModelOf(options.model, options, signal, warnings);
  checkBelongs(clip, adapter);
  const { shots, names, failed } = await collected(
    clip,
    set,
    { ...options, template: [...adapter.templates] },
    signal,
  );
  const bars = fitBars(options);
  const changed = await addShots(clip, adapter, shots, {
    ...{ signal, names, onProgress: bars.report },
    onWarning: (warning) => tellOnce(warnings, warning, options.quiet),
  }).finally(() => bars.stop());
  await writeAdapter(file, changed);
  told(changed, file, options, warnings, failed);
  const gone = options.label !== undefined && !changed.labels.includes(options.label);
  return failed.length > 0 || gone ? EXIT.someFailed : EXIT.done;
}

/** A folder of pictures without folders of classes in it: they may all be of one label. */
function orLabel(error: unknown): never {
  if (!(error instanceof ClipError) || error.code !== "evaluate.folder") throw error;
  throw new ClipError(
    error.code,
    `${error.message.replace(/\.$/, "")}; --label names the label of pictures that are all of one.`,
    { cause: error },
  );
}

async function remove(
  signal: AbortSignal,
  file: string,
  labels: string[],
  options: Options,
): Promise<number> {
  const warnings: ToldWarning[] = [];
  const { readAdapter, writeAdapter } = await import("../../fewshot/adapter-file.js");
  const { checkLabels, removeLabels } = await import("../../fewshot/change.js");
  checkLabels(readAdapter(file), labels);
  await using _ = await alone(file, signal, options);
  const adapter = readAdapter(file);
  checkLabels(adapter, labels);
  await using clip = await openModelOf(options.model, options, signal, warnings);
  const bars = fitBars(options);
  const changed = await removeLabels(clip, adapter, labels, { signal, onProgress: bars.report }).finally(() =>
    bars.stop(),
  );
  await writeAdapter(file, changed);
  told(changed, file, options, warnings, []);
  return EXIT.done;
}

interface CurveOptions extends Options {
  readonly test: string;
  readonly methods: string;
  readonly counts: string;
  readonly seeds: number;
}

async function curve(signal: AbortSignal, path: string, options: CurveOptions): Promise<number> {
  const warnings: ToldWarning[] = [];
  const set = await labelledSet(path, options, signal, warnings, FILE_ENDINGS);
  const test = await labelledSet(options.test, options, signal, warnings, FILE_ENDINGS);
  const { checkMethod } = await import("../../fewshot/fit.js");
  const { learningCurve } = await import("../../fewshot/curve.js");
  const { Known, onceEach } = await import("../../fewshot/once.js");
  const methods = options.methods.split(",").map((name) => checkMethod(name.trim()));
  const counts = options.counts.split(",").map(whole(1, 10_000));
  await using clip = await openModelOf(options.model, options, signal, warnings);
  const from = await collected(clip, set, options, signal);
  const on = await collected(clip, test, options, signal);
  const onWarning = (warning: ToldWarning): void => tellOnce(warnings, warning, options.quiet);
  const shots = onceEach(from.shots, { names: from.names, onWarning });
  const known = new Known(shots);
  const learnt = on.shots.features.filter((vector) => known.labelsOf(vector).length > 0).length;
  if (learnt > 0)
    onWarning({
      code: "fewshot.twice",
      message: `${learnt} of ${counted(on.shots.features.length, "picture")} of --test ${learnt === 1 ? "is" : "are"} among those to learn from: the curve is better than it would be on others.`,
    });
  const bars = fitBars(options);
  const found = await learningCurve(shots, on.shots, {
    ...{ methods, counts, seeds: options.seeds, signal, onWarning },
    onProgress: bars.report,
  }).finally(() => bars.stop());
  const failed = [...from.failed, ...on.failed];
  if (options.json) {
    const errors = failed.map(({ image, error }) => ({ image, error: errorJson(error) }));
    const all = { model: clip.model.name, pictures: on.shots.features.length, ...found };
    print(
      JSON.stringify(
        { ...all, ...(errors.length > 0 ? { failed: errors } : {}), ...warningsJson(warnings) },
        null,
        2,
      ),
    );
  } else print(showCurve(found));
  return failed.length > 0 ? EXIT.someFailed : EXIT.done;
}

export function fewshotCommand(command: Command): Command {
  command.description("learn labels from a handful of pictures");
  withModel(
    withPictures(
      command
        .command("fit")
        .description("labelled pictures → a small file that changes a model's answers")
        .argument("[pictures]", "one folder a class, a list (.csv, .jsonl), CIFAR's .bin or a .tar")
        .requiredOption("-o, --out <file>", "FILE.safetensors, for --adapter")
        .addOption(methodOption())
        .option(
          "--unlabelled <paths...>",
          "pictures whose labels nobody knows, for --method transductive or prior-matching",
        )
        .addOption(shotsOption()),
    ),
  )
    .addHelpText(
      "after",
      `
Labels of --labels-file or --label-set that have no pictures stay known by their
words (--all-labels); how much less the others then count is fitted, so that they
are not swallowed. Measure on other pictures than you fit on.

Examples:
  zeroclip fewshot fit shelf/ --out shelf.safetensors
  zeroclip fewshot fit shelf/ --labels-file goods.txt --all-labels --out shelf.safetensors
  zeroclip fewshot fit --unlabelled photos/ --labels-file goods.txt --method transductive --out shelf.safetensors
  zeroclip classify new.jpg --adapter shelf.safetensors
  zeroclip eval other-shelf/ --adapter shelf.safetensors`,
    )
    .action(action(fit));
  withModel(
    withPictures(
      command
        .command("add")
        .description("more pictures, of known or new labels; trained anew in seconds from kept vectors")
        .argument("<adapter>", "file of fewshot fit")
        .argument("<pictures>", "one folder a class, or any other form that fit takes")
        .option("--label <name>", "all of them are of this label: a folder of pictures, or one picture")
        .addOption(shotsOption()),
    ),
  ).action(action(add));
  withModel(
    command
      .command("remove")
      .description("take labels and their pictures out")
      .argument("<adapter>", "file of fewshot fit")
      .argument("<labels...>", "labels to take out")
      .option("--json", "print JSON; shares are 0..1"),
  ).action(action(remove));
  command
    .command("info")
    .description("what an adapter was made of, and how good it was on held-out pictures")
    .argument("<adapter>", "file of fewshot fit")
    .option("--json", "print JSON; shares are 0..1")
    .action(action(info));
  withModel(
    withPictures(
      command
        .command("curve")
        .description("accuracy on other pictures by the number of pictures a label")
        .argument("<pictures>", "to learn from")
        .requiredOption("--test <pictures>", "to measure on, of the same classes")
        .option("--methods <list>", `some of auto, ${METHODS.join(", ")}`, "auto")
        .option("--counts <list>", "pictures a label", "1,2,4,8,16")
        .option("--seeds <n>", "draws of pictures for each count", whole(1, 100), 3),
    ),
  ).action(action(curve));
  withModel(
    command
      .command("suggest")
      .description("which pictures to label next")
      .argument("<pictures...>", "folders of pictures without labels, or single ones")
      .addOption(adapterOption())
      .option("-l, --labels <list>", "labels between commas")
      .option("--labels-file <file>", "a label set: YAML, JSON or one label a line")
      .option("--label-set <name>", `a ready set (${SET_NAMES})`)
      .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
      .option("--domain <name>", `prompts for a kind of picture; may repeat: ${DOMAIN_NAMES}`, repeated)
      .option("--count <n>", "how many", whole(1, 1000), 10)
      .option("--json", "print JSON; shares are 0..1"),
  )
    .addHelpText(
      "after",
      `
Those come first that differ from labelled ones and from each other, and that are
typical of others; labels that they seem to have take turns, those with the fewest
pictures first.

Examples:
  zeroclip fewshot suggest photos/ --adapter shelf.safetensors
  zeroclip fewshot suggest photos/ --labels "model x1,model x2" --count 20`,
    )
    .action(action(suggest));
  return command;
}
