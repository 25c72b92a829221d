import { type Command, Option } from "commander";
import { ClipError } from "../../errors.js";
import { type Prediction, predict } from "../../zeroshot/predict.js";
import { commandInputs, inputName } from "../inputs.js";
import { DOMAIN_NAMES, type LabelOptions, labelsOf, type TemplateOptions, templatesOf } from "../labels.js";
import {
  action,
  type ModelOptions,
  openModelOf,
  repeated,
  showsProgress,
  whole,
  withModel,
} from "../options.js";
import { complain, EXIT, errorJson, print } from "../output.js";
import { predictionTable, tabLines } from "../predictions.js";
import { progress } from "../progress.js";

/** Labels shown a picture where --top is not given: more than fit a glance help nobody. */
const TOP = 5;

interface Options extends ModelOptions, LabelOptions, TemplateOptions {
  readonly views?: "center" | "flip" | "five";
  readonly top?: number;
  readonly json?: boolean;
}

interface Answer {
  readonly image: string;
  readonly predictions: readonly Prediction[];
  readonly error?: { readonly code: string; readonly message: string };
}

async function classify(signal: AbortSignal, images: readonly string[], options: Options): Promise<number> {
  const labels = await labelsOf(options);
  const templates = templatesOf(options);
  const inputs = await commandInputs(images);
  await using clip = await openModelOf(options.model, options, signal);
  const names = labels.map(({ name }) => name);
  const weights = await clip.zeroShotWeights(names, templates, { signal });
  const top = options.top ?? (options.json ? names.length : TOP);
  const bar = progress("classifying", "pictures", showsProgress(options) && inputs.length > 1);
  const answers: Answer[] = [];
  let done = 0;
  let failed = 0;
  try {
    const stream = clip.encodeImageStream(inputs, {
      signal,
      ...(options.batch === undefined ? {} : { batchSize: options.batch }),
      ...(options.views === undefined ? {} : { views: options.views }),
    });
    for await (const { id, result } of stream) {
      const image = inputName(inputs[done]!, id);
      const predictions =
        result instanceof ClipError ? [] : predict(result, weights, clip.model.logitScale, top);
      done += 1;
      if (result instanceof ClipError) {
        failed += 1;
        bar.stop();
        complain(result, image);
      }
      if (options.json) {
        answers.push({
          image,
          predictions,
          ...(result instanceof ClipError ? { error: errorJson(result) } : {}),
        });
      } else if (!(result instanceof ClipError)) {
        bar.stop();
        print(
          process.stdout.isTTY
            ? predictionTable(image, predictions, inputs.length > 1)
            : tabLines(image, predictions),
        );
      }
      bar.update(done, inputs.length, "");
    }
  } finally {
    bar.stop();
  }
  if (options.json) print(JSON.stringify({ model: clip.model.name, results: answers }, null, 2));
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}

export function classifyCommand(command: Command): Command {
  return withModel(command)
    .description("say which of your words fit a picture")
    .argument("<images...>", "files, folders, globs, or - for stdin")
    .option("-l, --labels <words>", 'the labels, separated by commas (\\, or "a, b" keeps a comma)')
    .option("--labels-file <file>", "one label a line (# begins a comment), or a JSON array")
    .option("--label-set <name>", "a ready set: cifar10, clothing-10, everyday, imagenet-1k, scenes")
    .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
    .option("--domain <name>", `prompts for a kind of picture; may repeat: ${DOMAIN_NAMES}`, repeated)
    .addOption(
      new Option("--views <views>", "squares of the picture to average").choices(["center", "flip", "five"]),
    )
    .option("-k, --top <n>", `labels shown a picture (default: ${TOP}; all with --json)`, whole(1, 200_000))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  zeroclip classify cat.jpg --labels "cat,dog,cup of coffee"
  zeroclip classify photos/ --label-set everyday --top 3
  zeroclip classify "shop/**/*.jpg" --labels-file goods.txt --domain retail --json > answers.json
  zeroclip classify scan.png --model ViT-B-32.pt --labels "invoice,letter" --template "a scan of an {}."`,
    )
    .action(action(classify));
}
