import { type Command, Option } from "commander";
import type { EvalOptions } from "../eval/shared.js";
import { DOMAIN_NAMES, SET_NAMES } from "../labels.js";
import { action, repeated, withModel } from "../options.js";

async function evaluate(signal: AbortSignal, folder: string, options: EvalOptions): Promise<number> {
  // Loaded when called: reading pictures takes longer to load than help and mistakes to print.
  const [{ modelNames }, { resolveModel }] = await Promise.all([
    import("../eval/shared.js"),
    import("../../models/names.js"),
  ]);
  // A slip in the last name is told before hours of measuring the first; only the kind is asked, so any folder will do.
  for (const name of modelNames(options)) await resolveModel(name, { starterFolder: "" });
  if (options.captions === undefined)
    return (await import("../eval/classification.js")).classification(signal, folder, options);
  return (await import("../eval/retrieval.js")).retrieval(signal, folder, options.captions, options);
}

export function evalCommand(command: Command): Command {
  command
    .description("measure models (--model A,B) on labelled pictures or on captions")
    .argument("<folder>", "one folder a class; with --captions the folder of the pictures")
    .option("--label-set <name>", `the folders are ids or names of a set (${SET_NAMES})`)
    .option("--all-labels", "with --label-set: choose among the whole set, not only the folders there are")
    .option("--names <file>", 'names for folders: a JSON object {"folder": "label"}')
    .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
    .option("--domain <name>", `prompts for a kind of picture; may repeat: ${DOMAIN_NAMES}`, repeated)
    .addOption(
      new Option("--views <views>", "squares of the picture to average (default: center)").choices([
        "center",
        "flip",
        "five",
      ]),
    )
    .option("--per-class", "also each class by itself")
    .option(
      "--captions <file>",
      "retrieval instead: lines of file and caption, separated by a tab, or Flickr8k's file#n caption",
    )
    .option("--list <file>", "with --captions: only the pictures named here, one a line")
    .option("--json", "print JSON; shares are 0..1");
  return withModel(command)
    .addHelpText(
      "after",
      `
Folder names are the labels: underscores are spaces, a WordNet id before them is
left out. Only the classes that have a folder are chosen among. Pictures that
can't be read are told and count nowhere (exit code 1).

Examples:
  zeroclip eval animals/          (animals/cat/1.jpg, animals/sea_lion/2.jpg, …)
  zeroclip eval animals/ --model starter,ViT-B/32 --per-class
  zeroclip eval imagenet-val/ --label-set imagenet-1k --domain imagenet-7 --json
  zeroclip eval flickr8k/ --captions captions.txt --list test.txt`,
    )
    .action(action(evaluate));
}
