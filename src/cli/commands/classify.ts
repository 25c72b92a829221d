import { type Command, Option } from "commander";
import { ClipError } from "../../errors.js";
import { type Prediction, predict } from "../../zeroshot/predict.js";
import { checkLabels, checkTemplates } from "../../zeroshot/prompts.js";
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
import {
  complain,
  EXIT,
  errorJson,
  interruptedAfter,
  jsonList,
  print,
  type ToldWarning,
  warningsJson,
} from "../output.js";
import { predictionTable, tabLines } from "../predictions.js";
import { progress } from "../progress.js";

/** Labels shown a picture where --top is not given: more than fit a glance help nobody. */
const TOP = 5;

interface Options extends ModelOptions, LabelOptions, TemplateOptions {
  readonly views?: "center" | "flip" | "five";
  readonly top?: number;
  readonly json?: boolean;
}

/** Prints answers as they come: JSON items, bars for a person, tabs for a pipe. */
function printer(
  model: string,
  options: Options,
  named: boolean,
): { answer: Answer; end: (tail: object) => void } {
  if (options.json) {
    const list = jsonList({ model }, "results");
    const answer: Answer = (image, predictions, error) =>
      list.add({ image, predictions, ...(error ? { error: errorJson(error) } : {}) });
    return { answer, end: list.end };
  }
  const show = process.stdout.isTTY ? predictionTable : tabLines;
  const answer: Answer = (image, predictions, error) => {
    if (error === undefined) print(show(image, predictions, named));
  };
  return { answer, end: () => {} };
}

type Answer = (image: string, predictions: readonly Prediction[], error?: ClipError) => void;

async function classify(signal: AbortSignal, images: readonly string[], options: Options): Promise<number> {
  const labels = checkLabels((await labelsOf(options)).map(({ name }) => name));
  const templates = templatesOf(options);
  if (templates) checkTemplates(templates);
  const inputs = await commandInputs(images, signal);
  const warnings: ToldWarning[] = [];
  await using clip = await openModelOf(options.model, options, signal, warnings);
  const weights = await clip.zeroShotWeights(labels, templates, { signal });
  const top = options.top ?? (options.json ? labels.length : TOP);
  // Where answers scroll by on the terminal, they are the progress.
  const scrolls = process.stdout.isTTY === true && !options.json && options.progress !== true;
  const bar = progress("classifying", "pictures", showsProgress(options) && inputs.length > 1 && !scrolls);
  const { answer, end } = printer(clip.model.name, options, inputs.length > 1);
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
      done += 1;
      if (result instanceof ClipError) {
        failed += 1;
        bar.clear();
        complain(result, image);
        answer(image, [], result);
      } else answer(image, predict(result, weights, clip.model.logitScale, top));
      bar.update(done, inputs.length, "");
    }
  } catch (error) {
    throw interruptedAfter(error, done, inputs.length);
  } finally {
    bar.stop();
    end(warningsJson(warnings));
  }
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}

export function classifyCommand(command: Command): Command {
  command
    .description("say which of your words fit a picture")
    .argument("<images...>", "files, folders, globs, or - for stdin")
    .option("-l, --labels <words>", 'the labels, separated by commas (\\, or "a, b" keeps a comma)')
    .option("--labels-file <file>", "one label a line (# begins a comment), or a JSON array")
    .option("--label-set <name>", "a ready set: cifar10, clothing-10, everyday, imagenet-1k, scenes")
    .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
    .option("--domain <name>", `prompts for a kind of picture; may repeat: ${DOMAIN_NAMES}`, repeated)
    .addOption(
      new Option("--views <views>", "squares of the picture to average (default: center)").choices([
        "center",
        "flip",
        "five",
      ]),
    )
    .option("-k, --top <n>", `labels shown a picture (default: ${TOP}; all with --json)`, whole(1, 200_000))
    .option("--json", "print JSON");
  return withModel(command)
    .addHelpText(
      "after",
      `
Examples:
  zeroclip classify cat.jpg --labels "cat,dog,cup of coffee"
  zeroclip classify photos/ --label-set everyday --top 3
  zeroclip classify "shop/**/*.jpg" --labels-file goods.txt --domain retail
  zeroclip classify a.png -m ViT-B-32.pt -l "letter,map" --template "a scan: {}"
  cat cat.jpg | zeroclip classify - --labels "cat,dog" --top 1

In a pipe each line is picture, label, probability and similarity, between tabs.`,
    )
    .action(action(classify));
}
