import { type Command, Option } from "commander";
import { withConfidence } from "../confidence.js";
import { DOMAIN_NAMES, SET_NAMES } from "../labels.js";
import { action, adapterOption, numberFrom, repeated, whole, withModel } from "../options.js";
import { classifyFiles } from "../points/classify.js";
import { generate, withGenerate } from "../points/generate.js";
import { withShapes } from "../points/options.js";
import { weigh } from "../points/weigh.js";

/** What labels are made of. */
function withPrompts(command: Command): Command {
  return command
    .option("--label-set <name>", `a ready set: ${SET_NAMES}`)
    .option("--labels-file <file>", "a label set: YAML, JSON, or one label a line")
    .option("--level <n>", "labels of this level of a set with several; 1 is the top", whole(1, 100))
    .option("--prompt-lang <code>", "with a set: also ask the model in this language")
    .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
    .option("--domain <name>", `prompts (default: depth); may repeat: ${DOMAIN_NAMES}`, repeated);
}

function classifyShapesCommand(command: Command): Command {
  withPrompts(
    command
      .description("say which of your words fit a point cloud or mesh")
      .argument("<files...>", "PLY, OBJ, OFF, XYZ, PTS, NPY, PCD, STL, GLB; folders and globs of them")
      .option("-l, --labels <words>", "the labels, separated by commas"),
  )
    .option("--lang <code>", "show labels in this language, where the set has translations: zh")
    .addOption(adapterOption())
    .option("-k, --top <n>", "labels shown a shape (default: 5; all with --json)", whole(1, 200_000))
    .option("--json", "print JSON");
  withShapes(command)
    .option("--view-weights <how>", "equal, entropy (sure views count more), or a file of points weigh")
    .option("--save-views <folder>", "also write the views as PNG");
  command
    .optionsGroup("Scenes:")
    .addOption(
      new Option("--scene <split>", "label the parts of a large cloud").choices(["grid", "clusters"]),
    )
    .option(
      "--cell <length>",
      "columns of the grid, or the gap between clusters, in the scene's unit",
      numberFrom(1e-9, 1e9),
    )
    .option("--least <n>", "points that a part has at least (default: 100)", whole(1, 1_000_000))
    .option("-o, --out <file>", "the scene coloured by its labels, FILE.ply");
  return withModel(withConfidence(command));
}

export function pointsCommand(command: Command): Command {
  classifyShapesCommand(command)
    .addHelpText(
      "after",
      `
Examples:
  zeroclip points chair.ply --labels "chair,table,lamp"
  zeroclip points parts/*.stl --label-set everyday --top 3 --save-views views/
  zeroclip points room.ply --scene clusters --cell 0.05 -l "chair,table,sofa" --out labelled.ply
  zeroclip points generate shapes/ --count 20
  zeroclip eval shapes/ --domain depth
  zeroclip points weigh shapes/ --out weights.json

A file called generate or weigh is ./generate.`,
    )
    .action(action(classifyFiles));
  withGenerate(
    command
      .command("generate")
      .description("make everyday shapes, one folder a kind, to try and measure with")
      .argument("<folder>", "where they are written"),
  ).action(action(generate));
  const weighing = command
    .command("weigh")
    .description("fit how much each view counts, on labelled shapes")
    .argument("<folder>", "one folder a class")
    .requiredOption("-o, --out <file>", "FILE.json, for --view-weights")
    .option("--names <file>", 'names for folders: a JSON object {"folder": "label"}')
    .option("--json", "print JSON");
  withModel(withShapes(withPrompts(weighing))).action(action(weigh));
  return command;
}
