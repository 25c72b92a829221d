import { type Command, Option } from "commander";
import type { EncodedImage, EncodeProgress } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import type { ImageInput } from "../../image/sources.js";
import type { Views } from "../../image/views.js";
import { shownAnswer } from "../../zeroshot/chosen-labels.js";
import type { Answer } from "../../zeroshot/confidence/answer.js";
import { checkLabels } from "../../zeroshot/prompts.js";
import { checkTemplates } from "../../zeroshot/templates.js";
import { bestView, VIEW_MODES, type ViewMode } from "../../zeroshot/views.js";
import { answerPrinter } from "../answer-printer.js";
import { answerOptions, type ConfidenceOptions, withConfidence } from "../confidence.js";
import { commandInputs, inputName } from "../inputs.js";
import {
  DOMAIN_NAMES,
  type LabelOptions,
  labelsOf,
  SET_NAMES,
  type TemplateOptions,
  templatesOf,
} from "../labels.js";
import {
  action,
  adapterOption,
  type ModelOptions,
  openModelOf,
  repeated,
  showsProgress,
  viewsOption,
  whole,
  withModel,
} from "../options.js";
import { complain, EXIT, exitCodeOf, interruptedAfter, type ToldWarning, warningsJson } from "../output.js";
import { progress } from "../progress.js";
import { type EncodedInput, videosAmong, withTimeline, withVideos } from "../videos.js";
import { promptWeights } from "../weigh-prompts.js";

/** Labels shown a picture where --top is not given: more than fit a glance help nobody. */
const TOP = 5;

/** Prompts from which on encoding them takes long enough to be shown. */
const MANY_TEXTS = 1_000;

interface Options extends ModelOptions, LabelOptions, TemplateOptions, ConfidenceOptions {
  readonly views?: Views;
  readonly viewMode?: ViewMode;
  readonly top?: number;
  readonly weightPrompts?: string;
  readonly json?: boolean;
}

async function classify(signal: AbortSignal, images: readonly string[], options: Options): Promise<number> {
  const confidence = answerOptions(options);
  const asked = await labelsOf(options);
  const { abstain, coverage, uncertainty, independent } = options;
  if (asked.sum && (abstain ?? coverage ?? uncertainty ?? independent) !== undefined) {
    throw new ClipError(
      "usage.labels",
      "Expected --sum without --abstain, --coverage, --uncertainty and --independent, which are of the labels by themselves.",
    );
  }
  const { labels } = asked;
  checkLabels(labels);
  const templates = templatesOf(options);
  if (templates) checkTemplates(templates);
  const inputs = await commandInputs(images, signal);
  const warnings: ToldWarning[] = [];
  const work = { pictures: inputs.length, texts: labels.length * (templates?.length ?? 1) };
  await using clip = await openModelOf(options.model, options, signal, warnings, work);
  const by = options.weightPrompts;
  const templateWeights =
    by === undefined
      ? undefined
      : await promptWeights(clip, by, labels, templates ?? clip.model.templates, {
          signal,
          batch: options.batch,
        });
  const words = progress("reading labels", "prompts", showsProgress(options) && work.texts > MANY_TEXTS);
  let read: EncodeProgress = { done: 0 };
  const weights = await clip
    .zeroShotWeights(labels, templates, {
      signal,
      ...(templateWeights ? { templateWeights } : {}),
      onProgress: (now) => {
        read = now;
        words.update(now.done, now.total, "");
      },
    })
    .catch((error: unknown) => {
      const { done, total = work.texts } = read;
      throw interruptedAfter(error, done, total, "prompts of the labels");
    })
    .finally(words.stop);
  const top = options.top ?? (options.json ? labels.length : TOP);
  const { sum } = asked;
  // Sums need all that is under them.
  const answer = await clip.answerer(weights, {
    ...(sum ? {} : { top }),
    ...(options.views === undefined ? {} : { views: options.views }),
    ...(options.viewMode === undefined ? {} : { viewMode: options.viewMode }),
    ...confidence,
  });
  const shown = (given: Answer): Answer =>
    shownAnswer(sum ? { ...given, predictions: sum(given).slice(0, top) } : given, asked);
  // Where answers scroll by on the terminal, they are the progress.
  const scrolls = process.stdout.isTTY === true && !options.json && options.progress !== true;
  const bar = progress("classifying", "pictures", showsProgress(options) && inputs.length > 1 && !scrolls);
  const { show, end } = await answerPrinter(clip.model.name, "image", {
    json: options.json === true,
    named: inputs.length > 1,
  });
  let done = 0;
  let failed = 0;
  try {
    const streamOf = (pictures: readonly ImageInput[]): AsyncGenerator<EncodedImage> =>
      clip.encodeImageStream(pictures, {
        signal,
        labels: weights,
        eachView: options.viewMode === "best",
        ...(options.batch === undefined ? {} : { batchSize: options.batch }),
        ...(options.views === undefined ? {} : { views: options.views }),
      });
    const videos = await videosAmong(inputs);
    const stream =
      videos.size === 0
        ? streamOf(inputs)
        : withVideos(clip, inputs, videos, streamOf, weights, answer, signal);
    for await (const { id, result, views, timeline } of stream as AsyncIterable<EncodedInput>) {
      const image = inputName(inputs[done]!, id);
      done += 1;
      if (result instanceof ClipError) {
        failed += 1;
        bar.clear();
        complain(result, image);
        show(image, result);
      } else {
        const given = shown(answer(views ? bestView(views, weights) : result));
        show(image, timeline ? withTimeline(given, timeline, asked.show) : given);
      }
      bar.update(done, inputs.length, "");
    }
  } catch (error) {
    // Wrong usage that shows late prints nothing, as it does early.
    if (done > 0 || exitCodeOf(error) !== EXIT.usage) end(warningsJson(warnings));
    throw interruptedAfter(error, done, inputs.length);
  } finally {
    bar.stop();
  }
  end(warningsJson(warnings));
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}

export function classifyCommand(command: Command): Command {
  command
    .description("say which of your words fit a picture")
    .argument("<images...>", "files, folders, globs, or - for stdin")
    .option("-l, --labels <words>", 'the labels, separated by commas (\\, or "a, b" keeps a comma)')
    .option("--labels-file <file>", "a label set: YAML, JSON, or one label a line (# begins a comment)")
    .option("--label-set <name>", `a ready set: ${SET_NAMES}`)
    .option("--level <n>", "labels of this level of a set with several; 1 is the top", whole(1, 100))
    .option("--sum", "with --level: compare with all labels under it, and add their probabilities up")
    .option("--lang <code>", "show labels in this language, where the set has translations: zh")
    .option("--prompt-lang <code>", "also ask the model in this language")
    .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
    .addOption(adapterOption())
    .option("--weight-prompts <pictures>", "weight templates by how they fit these pictures, without labels")
    .option("--domain <name>", `prompts for a kind of picture; may repeat: ${DOMAIN_NAMES}`, repeated)
    .addOption(viewsOption())
    .addOption(
      new Option("--view-mode <mode>", "average (default), or the square that fits a label best").choices([
        ...VIEW_MODES,
      ]),
    )
    .option("-k, --top <n>", `labels shown a picture (default: ${TOP}; all with --json)`, whole(1, 200_000))
    .option("--json", "print JSON");
  return withModel(withConfidence(command))
    .addHelpText(
      "after",
      `
Examples:
  zeroclip classify cat.jpg --labels "cat,dog,cup of coffee"
  zeroclip classify photos/ --label-set everyday --top 3
  zeroclip classify "shop/**/*.jpg" --labels-file goods.txt --domain retail
  zeroclip classify shop/ --label-set retail --lang zh --domain retail
  zeroclip classify clip.mp4 --labels "cat,dog" --json
  zeroclip classify a.png -m ViT-B-32.pt -l "letter,map" --template "a scan: {}"
  cat cat.jpg | zeroclip classify - --labels "cat,dog" --top 1

In a pipe each line is picture, label, probability and similarity, between tabs;
then, where asked for: whether the label holds (--independent), its set
between | (--coverage), entropy and margin (--uncertainty).`,
    )
    .action(action(classify));
}
