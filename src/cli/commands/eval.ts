import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import type { Clip } from "../../clip.js";
import { asClipError, ClipError } from "../../errors.js";
import {
  type ClassificationResult,
  evaluateClassification,
  type FailedImage,
} from "../../evaluate/classification.js";
import { type LabelledClass, type Names, readLabelledFolder } from "../../evaluate/labelled-folder.js";
import {
  evaluateRetrieval,
  type RetrievalResult,
  readCaptions,
  readImageList,
} from "../../evaluate/retrieval.js";
import { labelSet } from "../../zeroshot/label-sets.js";
import { DOMAIN_NAMES, type TemplateOptions, templatesOf } from "../labels.js";
import { action, type ModelOptions, openModelOf, repeated, showsProgress, withModel } from "../options.js";
import { complain, EXIT, errorJson, print } from "../output.js";
import { progress } from "../progress.js";
import { table } from "../table.js";

interface Options extends ModelOptions, TemplateOptions {
  readonly labelSet?: string;
  readonly names?: string;
  readonly views?: "center" | "flip" | "five";
  readonly perClass?: boolean;
  readonly captions?: string;
  readonly list?: string;
  readonly json?: boolean;
}

/** How folders are called: by a JSON object, by a ready set's ids and names, or by themselves. */
async function namesOf({ names, labelSet: set }: Options): Promise<Names> {
  if (names === undefined)
    return new Map(set === undefined ? [] : labelSet(set).labels.map(({ id, name }) => [id, name]));
  try {
    const value: unknown = JSON.parse(await readFile(names, "utf8"));
    const entries = Object.entries(value as Record<string, unknown>);
    if (
      value !== null &&
      typeof value === "object" &&
      entries.every(([, word]) => typeof word === "string")
    ) {
      return new Map(entries as [string, string][]);
    }
  } catch (error) {
    throw new ClipError(
      "labels.file",
      `Expected JSON in ${names} but it can't be read: ${asClipError(error, "labels.file").message}.`,
    );
  }
  throw new ClipError("labels.file", `Expected a JSON object of folder names and labels in ${names}.`);
}

const percent = (share: number): string => (100 * share).toFixed(2);
const right = { align: "right" } as const;

function report(failed: readonly FailedImage[]): void {
  for (const { image, error } of failed) complain(error, image);
}

const failedJson = (failed: readonly FailedImage[]): object =>
  failed.length > 0 ? { failed: failed.map(({ image, error }) => ({ image, error: errorJson(error) })) } : {};

/** Runs one measurement a model, one model in memory at a time. */
async function eachModel<T>(
  signal: AbortSignal,
  options: Options,
  measure: (clip: Clip, onProgress: (at: { done: number; total?: number }) => void) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (const name of options.model.split(",").map((part) => part.trim())) {
    await using clip = await openModelOf(name, options, signal);
    const bar = progress(name, "pictures", showsProgress(options));
    try {
      results.push(await measure(clip, ({ done, total }) => bar.update(done, total, "")));
    } finally {
      bar.stop();
    }
  }
  return results;
}

function showClassification(results: readonly ClassificationResult[], options: Options): void {
  const columns = [
    { title: "model" },
    { title: "pictures", ...right },
    { title: "classes", ...right },
    { title: "top-1 %", ...right },
    { title: "top-5 %", ...right },
    { title: "ECE %", ...right },
    { title: "pictures/s", ...right },
  ];
  const rows = results.map(({ model, images, classes, top1, top5, ece, imagesPerSecond }) => [
    model,
    String(images),
    String(classes),
    percent(top1),
    percent(top5),
    percent(ece),
    imagesPerSecond.toFixed(1),
  ]);
  print(table(columns, rows));
  if (!options.perClass) return;
  const classColumns = [
    { title: "class" },
    { title: "pictures", ...right },
    ...results.map(({ model }) => ({ title: model, ...right })),
  ];
  const classRows = results[0]!.perClass.map(({ label, images }, i) => [
    label,
    String(images),
    ...results.map(({ perClass }) => percent(perClass[i]!.top1)),
  ]);
  print(`\ntop-1 % of each class\n${table(classColumns, classRows)}`);
}

async function classification(signal: AbortSignal, folder: string, options: Options): Promise<number> {
  const classes: LabelledClass[] = await readLabelledFolder(folder, await namesOf(options));
  const templates = templatesOf(options);
  const results = await eachModel(signal, options, (clip, onProgress) =>
    evaluateClassification(clip, classes, {
      signal,
      onProgress,
      ...(templates ? { templates } : {}),
      ...(options.views ? { views: options.views } : {}),
      ...(options.batch ? { batchSize: options.batch } : {}),
    }),
  );
  const { failed } = results[0]!;
  report(failed);
  if (options.json) {
    const models = results.map(({ perClass, failed: own, ...figures }) => ({
      ...figures,
      ...(options.perClass ? { perClass } : {}),
      ...failedJson(own),
    }));
    print(JSON.stringify({ models }, null, 2));
  } else showClassification(results, options);
  return failed.length > 0 ? EXIT.someFailed : EXIT.done;
}

async function retrieval(
  signal: AbortSignal,
  folder: string,
  file: string,
  options: Options,
): Promise<number> {
  const all = await readCaptions(file);
  const only = options.list === undefined ? undefined : await readImageList(options.list);
  const captions = only ? all.filter(({ image }) => only.has(image)) : all;
  const results = await eachModel(signal, options, (clip, onProgress) =>
    evaluateRetrieval(clip, folder, captions, {
      signal,
      onProgress,
      ...(options.batch ? { batchSize: options.batch } : {}),
    }),
  );
  const { failed } = results[0]!;
  report(failed);
  if (options.json) {
    print(
      JSON.stringify(
        { models: results.map(({ failed: own, ...figures }) => ({ ...figures, ...failedJson(own) })) },
        null,
        2,
      ),
    );
  } else showRetrieval(results);
  return failed.length > 0 ? EXIT.someFailed : EXIT.done;
}

function showRetrieval(results: readonly RetrievalResult[]): void {
  const recalls = ["R@1 %", "R@5 %", "R@10 %"].map((title) => ({ title, ...right }));
  const columns = [
    { title: "model" },
    { title: "query" },
    { title: "queries", ...right },
    ...recalls,
    { title: "pictures/s", ...right },
  ];
  const rows = results.flatMap(({ model, images, captions, textToImage, imageToText, imagesPerSecond }) =>
    (
      [
        ["text → picture", captions, textToImage],
        ["picture → text", images, imageToText],
      ] as const
    ).map(([query, count, { r1, r5, r10 }]) => [
      model,
      query,
      String(count),
      ...[r1, r5, r10].map(percent),
      imagesPerSecond.toFixed(1),
    ]),
  );
  print(table(columns, rows));
}

async function evaluate(signal: AbortSignal, folder: string, options: Options): Promise<number> {
  return options.captions === undefined
    ? classification(signal, folder, options)
    : retrieval(signal, folder, options.captions, options);
}

export function evalCommand(command: Command): Command {
  return withModel(command)
    .description("measure a model on a folder of labelled pictures or on captions (several: --model A,B)")
    .argument("<folder>", "one folder a class; with --captions the folder of the pictures")
    .option(
      "--label-set <name>",
      "names for folders that are called by a set's ids (imagenet-1k: n01443537, …)",
    )
    .option("--names <file>", 'names for folders: a JSON object {"folder": "label"}')
    .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
    .option("--domain <name>", `prompts for a kind of picture; may repeat: ${DOMAIN_NAMES}`, repeated)
    .addOption(
      new Option("--views <views>", "squares of the picture to average").choices(["center", "flip", "five"]),
    )
    .option("--per-class", "also each class by itself")
    .option(
      "--captions <file>",
      "retrieval instead: lines of file and caption, separated by a tab, or Flickr8k's file#n caption",
    )
    .option("--list <file>", "with --captions: only the pictures named here, one a line")
    .option("--json", "print JSON; shares are 0..1")
    .addHelpText(
      "after",
      `
Folder names are the labels, underscores as spaces.

Examples:
  zeroclip eval animals/                          (animals/cat/*.jpg, animals/sea_lion/*.jpg, …)
  zeroclip eval animals/ --model starter,ViT-B/32 --per-class
  zeroclip eval imagenet-val/ --label-set imagenet-1k --domain imagenet-7 --json
  zeroclip eval flickr8k/ --captions captions.txt --list test.txt`,
    )
    .action(action(evaluate));
}
