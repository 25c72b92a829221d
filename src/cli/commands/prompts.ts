import type { Command } from "commander";
import type { PromptTrial, TriedEnsemble, TriedPrompts } from "../../evaluate/try-prompts.js";
import type { SetLabel } from "../../zeroshot/label.js";
import { labelSet } from "../../zeroshot/label-sets.js";
import { checkTemplates } from "../../zeroshot/templates.js";
import { namesOf } from "../eval/names.js";
import { DOMAIN_NAMES, readLabelsFile, SET_NAMES, type TemplateOptions, templatesOf } from "../labels.js";
import { counted, fixed, signed } from "../numbers.js";
import { action, type ModelOptions, openModelOf, repeated, showsProgress, withModel } from "../options.js";
import {
  complain,
  EXIT,
  errorJson,
  harmless,
  interruptedAfter,
  print,
  type ToldWarning,
  tellOnce,
  warningsJson,
} from "../output.js";
import { progress } from "../progress.js";
import { table } from "../table.js";

interface Options extends ModelOptions, TemplateOptions {
  readonly labelSet?: string;
  readonly labelsFile?: string;
  readonly names?: string;
  readonly split?: string;
  readonly json?: boolean;
}

/** Prompts where none are given. */
const USUAL = "generic";

/** Entries of the sets given, by folder id and by name. */
async function knownLabels({ labelSet: name, labelsFile }: Options): Promise<Map<string, SetLabel>> {
  const labels = [
    ...(name === undefined ? [] : labelSet(name).labels),
    ...(labelsFile === undefined ? [] : (await readLabelsFile(labelsFile)).labels),
  ];
  return new Map(labels.flatMap((label) => [[label.name, label] as const, [label.id, label] as const]));
}

async function tryThem(signal: AbortSignal, path: string, options: Options): Promise<number> {
  const templates = checkTemplates(templatesOf(options) ?? templatesOf({ domain: [USUAL] })!);
  const known = await knownLabels(options);
  const warnings: ToldWarning[] = [];
  const [{ openSet, setNames }, { tryPrompts }] = await Promise.all([
    import("../../evaluate/data/open-set.js"),
    import("../../evaluate/try-prompts.js"),
  ]);
  const byId = new Map([...known].map(([id, { name }]) => [id, name] as const));
  const set = await openSet(path, setNames([path])[0]!, {
    names: new Map([...byId, ...(await namesOf(undefined, options))]),
    signal,
    ...(options.split === undefined ? {} : { split: options.split }),
    onWarning: (warning) => tellOnce(warnings, warning, options.quiet),
  });
  await using clip = await openModelOf(options.model, options, signal, warnings);
  const bar = progress(clip.model.name, "pictures", showsProgress(options));
  let at: { done: number; total?: number } = { done: 0 };
  let trial: PromptTrial;
  try {
    trial = await tryPrompts(clip, set, templates, {
      labels: set.classes.map(({ label }) => known.get(label) ?? label),
      signal,
      ...(options.batch === undefined ? {} : { batchSize: options.batch }),
      onProgress: (now) => {
        at = now;
        bar.update(now.done, now.total, "");
      },
    });
  } catch (error) {
    throw interruptedAfter(error, at.done, at.total ?? set.pictures.length);
  } finally {
    bar.stop();
  }
  for (const { image, error } of trial.failed) complain(error, image);
  if (options.json) {
    const { failed, ...figures } = trial;
    const lost =
      failed.length > 0
        ? { failed: failed.map(({ image, error }) => ({ image, error: errorJson(error) })) }
        : {};
    const head = { model: clip.model.name, set: set.name };
    print(JSON.stringify({ ...head, ...figures, ...lost, ...warningsJson(warnings) }, null, 2));
  } else print(shown(clip.model.name, set.name, trial));
  return trial.failed.length > 0 ? EXIT.someFailed : EXIT.done;
}

const percent = (share: number): string => fixed(100 * share, 2);
const points = (share: number): string => signed(100 * share, 2);

function row(name: string, { top1, interval }: TriedPrompts): string[] {
  return [harmless(name), percent(top1), `${percent(interval.low)} to ${percent(interval.high)}`];
}

function gain({ gain: { top1, interval } }: TriedEnsemble): string {
  return `${points(top1)} (${points(interval.low)} to ${points(interval.high)})`;
}

/** For a person: the ensembles, then each template. */
function shown(
  model: string,
  set: string,
  { images, classes, templates, ensemble, weighted }: PromptTrial,
): string {
  const right = { align: "right" } as const;
  const columns = [
    { title: `${model}, ${set}: ${counted(images, "picture")}, ${counted(classes, "class", "classes")}` },
    { title: "top-1 %", ...right },
    { title: "95 %", ...right },
    { title: "to the best template, points", ...right },
    { title: "weight", ...right },
  ];
  const rows = [
    [...row(`all ${templates.length} together`, ensemble), gain(ensemble), ""],
    ...(weighted ? [[...row("weighted without labels", weighted), gain(weighted), ""]] : []),
    ...templates.map((one) => [...row(one.template, one), "", one.weight?.toFixed(3) ?? ""]),
  ];
  return table(columns, rows);
}

export function promptsCommand(command: Command): Command {
  command.description("measure prompts on labelled pictures").addHelpText(
    "after",
    `
Examples:
  zeroclip prompts try animals/
  zeroclip prompts try shop/ --domain retail --model ViT-B/32`,
  );
  withModel(
    command
      .command("try")
      .description("accuracy of each prompt template and of all together, with 95 % intervals")
      .argument(
        "<data>",
        "as for eval: a folder with one folder a class, a list, CIFAR's files, .tar archives",
      )
      .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
      .option(
        "--domain <name>",
        `prompts for a kind of picture (default: ${USUAL}): ${DOMAIN_NAMES}`,
        repeated,
      )
      .option("--label-set <name>", `the classes are ids or names of a set (${SET_NAMES})`)
      .option("--labels-file <file>", "a label set whose aliases and own prompts are tried along")
      .option("--names <file>", 'names for classes: a JSON object {"folder": "label"}')
      .option("--split <name>", "only this part of data that has parts (test, train, …)")
      .option("--json", "print JSON; shares are 0..1"),
  )
    .addHelpText(
      "after",
      `
Pictures are encoded once. The best template is chosen by these very pictures,
which flatters it: what is its equal without that choice is as good.

Examples:
  zeroclip prompts try animals/ --domain generic
  zeroclip prompts try shop/ --template "a photo of {article} {label}." --template "{}"
  zeroclip prompts try shop/ --domain retail --labels-file goods.yaml --json`,
    )
    .action(action(tryThem));
  return command;
}
