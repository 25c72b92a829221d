import type { Command } from "commander";
import { ClipError } from "../../errors.js";
import type { EvalOptions } from "../eval/shared.js";
import { DOMAIN_NAMES, SET_NAMES } from "../labels.js";
import { noneOpens } from "../none-opens.js";
import { action, adapterOption, repeated, whole, withModel } from "../options.js";
import { withStyle } from "../points/options.js";

async function evaluate(
  signal: AbortSignal,
  paths: readonly string[],
  options: EvalOptions,
): Promise<number> {
  // Loaded when called: reading pictures takes longer to load than help and mistakes to print.
  const [{ modelsOf }, { resolveModel, splitPrecision }] = await Promise.all([
    import("../eval/axes.js"),
    import("../../models/names.js"),
  ]);
  // A slip in the last name is told before hours of measuring the first; only the kind is asked, so any folder will do.
  const models = modelsOf(options);
  for (const name of models) await resolveModel(name, { starterFolder: "" });
  const isInt8 = (name: string): boolean => splitPrecision(name).precision === "int8";
  const none = models.every(isInt8) ? await noneOpens(signal, models, options) : undefined;
  if (none !== undefined) return none;
  if (options.captions === undefined)
    return (await import("../eval/classification.js")).classification(signal, paths, options);
  if (paths.length > 1) {
    throw new ClipError("usage.eval", `Expected one folder with --captions but received ${paths.length}.`);
  }
  return (await import("../eval/retrieval.js")).retrieval(signal, paths[0]!, options.captions, options);
}

export function evalCommand(command: Command): Command {
  command
    .description("measure models (--model A,B) on labelled pictures or on captions")
    .argument(
      "<data...>",
      "folders (one folder a class), lists (.csv, .tsv, .jsonl), CIFAR's .bin files, webdataset's .tar",
    )
    .option("--label-set <name>", `the classes are labels of a set (${SET_NAMES})`)
    .option("--labels-file <file>", "the classes are labels of this set: YAML, JSON or one label a line")
    .option("--all-labels", "with a set: choose among the whole set, not only the classes there are")
    .option("--level <n>", "with a set of several levels: labels of this one, 1 is the top", whole(1, 100))
    .option("--sum", "with a set of several levels: also each level by sums of probabilities")
    .option("--lang <code>", "with a set: language of names in results, for example zh")
    .option("--prompt-lang <code>", "with a set: language of names in prompts")
    .option("--names <file>", 'names for classes: a JSON object {"folder": "label"}')
    .option("--split <name>", "only this part of data that has parts (test, train, …)")
    .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
    .addOption(adapterOption())
    .option("--domain <name>", `prompts for a kind of picture; may repeat: ${DOMAIN_NAMES}`, repeated)
    .optionsGroup("Compared one by one:")
    .option("--precision <list>", "fp32,fp16,int8 of each model")
    .option(
      "--views <list>",
      "squares of a picture to average: center,flip,five,multi-scale,tiles (default: center)",
    )
    .option("--view-mode <list>", "of several squares their average (default), the best, or average,best")
    .option("--prompts <list>", "model (its own) or domains, joined by +: model,retail,generic+retail")
    .option("--resolutions <list>", "also pictures whose shorter side is at most so many pixels: 32,64,128")
    .option("--qualities <list>", "also pictures as JPEG of these qualities, 1 to 100: 90,50,10")
    .optionsGroup("What comes out:")
    .option("--report <file>", "one HTML file with charts and pictures, which needs no network")
    .option("--per-class", "also each class by itself, and which was taken for which")
    .option("--published <set>", "figures that others published for this set: imagenet, cifar10, cifar100, …")
    .option("--no-calibration", "no figures of calibrated probabilities")
    .option("--run <folder>", "keep what was measured here, and go on with it another time")
    .option("--fresh", "forget what an ended run has measured")
    .option("--json", "print JSON; shares are 0..1")
    .optionsGroup("Retrieval:")
    .option(
      "--captions <file>",
      "retrieval instead: lines of file and caption, separated by a tab, or Flickr8k's file#n caption",
    )
    .option("--list <file>", "with --captions: only the pictures named here, one a line");
  return withModel(withStyle(command.optionsGroup("Point clouds and meshes:")))
    .addHelpText(
      "after",
      `
Folder names are the labels: underscores are spaces, a WordNet id before them is
left out. Only the classes that have a folder are chosen among. Pictures that
can't be read are told and count nowhere (exit code 1). A run that was ended
goes on when the same command is given again.

Examples:
  zeroclip eval animals/          (animals/cat/1.jpg, animals/sea_lion/2.jpg, …)
  zeroclip eval animals/ --model starter,ViT-B/32 --report report.html
  zeroclip eval animals/ shop.csv --views center,flip --prompts model,retail
  zeroclip eval animals/ --resolutions 32,64,128,224 --qualities 90,50,10
  zeroclip eval imagenet-val/ --label-set imagenet-1k --domain imagenet-7 --json
  zeroclip eval ModelNet40/ --split test --domain depth
  zeroclip eval flickr8k/ --captions captions.txt --list test.txt`,
    )
    .action(action(evaluate));
}
