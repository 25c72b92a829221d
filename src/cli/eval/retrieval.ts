import { basename, resolve } from "node:path";
import { ClipError } from "../../errors.js";
import { captionedSet, keepListed, readCaptions } from "../../evaluate/captions.js";
import type { FailedImage } from "../../evaluate/collect.js";
import { compareRetrieval, type RecallComparison } from "../../evaluate/compare-recall.js";
import { checkFolder } from "../../evaluate/labelled-folder.js";
import { evaluateRetrieval, type RetrievalResult } from "../../evaluate/retrieval.js";
import { bytes } from "../bytes.js";
import { imageOptionsOf } from "../options.js";
import { EXIT, print, type ToldWarning, warningsJson } from "../output.js";
import { table, wrapped } from "../table.js";
import { modelsOf, viewsOf } from "./axes.js";
import { checkReportPath, saveReport } from "./report.js";
import { openRun, sayRun } from "./run.js";
import {
  type EvalOptions,
  eachModel,
  failedJson,
  percent,
  points,
  probability,
  range,
  report,
  right,
  speed,
} from "./shared.js";

/** Options that ask for labels, or for what only labels can be measured with. */
const OF_LABELS = [
  ["adapter", "--adapter"],
  ["labelSet", "--label-set"],
  ["labelsFile", "--labels-file"],
  ["allLabels", "--all-labels"],
  ["level", "--level"],
  ["sum", "--sum"],
  ["lang", "--lang"],
  ["promptLang", "--prompt-lang"],
  ["names", "--names"],
  ["split", "--split"],
  ["template", "--template"],
  ["domain", "--domain"],
  ["prompts", "--prompts"],
  ["viewMode", "--view-mode"],
  ["resolutions", "--resolutions"],
  ["qualities", "--qualities"],
  ["perClass", "--per-class"],
  ["published", "--published"],
] as const;

function checkOptions(options: EvalOptions): void {
  const given = OF_LABELS.find(([name]) => options[name] !== undefined);
  if (given === undefined) return;
  throw new ClipError("usage.eval", `Expected either --captions or ${given[1]} but received both.`);
}

const QUERIES = { textToImage: "text → picture", imageToText: "picture → text" } as const;

function showRetrieval(results: readonly RetrievalResult[]): void {
  const several = new Set(results.map(({ views }) => views)).size > 1;
  const columns = [
    { title: "model" },
    ...(several ? [{ title: "views" }] : []),
    { title: "query" },
    { title: "queries", ...right },
    ...["R@1 %", "R@5 %", "R@10 %"].flatMap((title) => [
      { title, ...right },
      { title: "95 % range", ...right },
    ]),
    { title: "pictures/s", ...right },
    { title: "memory", ...right },
  ];
  const rows = results.flatMap((result) =>
    (
      [
        ["textToImage", result.captions],
        ["imageToText", result.images],
      ] as const
    ).map(([way, count]) => [
      result.model,
      ...(several ? [result.views] : []),
      QUERIES[way],
      String(count),
      ...(["r1", "r5", "r10"] as const).flatMap((k) => [
        percent(result[way][k]),
        range(result.intervals[way][k]),
      ]),
      speed(result.imagesPerSecond),
      bytes(result.memoryBytes),
    ]),
  );
  print(table(columns, rows));
}

/** Paired tests. */
function showComparisons(comparisons: readonly RecallComparison[]): void {
  if (comparisons.length === 0) return;
  const columns = [
    ...["first", "second", "query", "recall"].map((title) => ({ title })),
    ...["difference", "95 % range", "only first", "only second", "p", "p of all"].map((title) => ({
      title,
      ...right,
    })),
  ];
  const rows = comparisons.map((one) => [
    one.first,
    one.second,
    QUERIES[one.way],
    `R@${one.recall.slice(1)}`,
    points(one.difference),
    range(one.interval),
    String(one.onlyFirst),
    String(one.onlySecond),
    probability(one.p),
    probability(one.adjustedP),
  ]);
  print(
    `\n${wrapped("the same queries, two by two (points of recall; McNemar's test, captions of a picture together, Holm's correction)")}\n${table(columns, rows)}`,
  );
}

/** Pictures and their captions → recall of each model. A run that was ended goes on. */
export async function retrieval(
  signal: AbortSignal,
  folder: string,
  file: string,
  options: EvalOptions,
): Promise<number> {
  checkOptions(options);
  await checkReportPath(options.report);
  await checkFolder(folder, "the pictures of the captions");
  const models = modelsOf(options);
  const views = viewsOf(options);
  const all = await readCaptions(file);
  const captions = options.list === undefined ? all : await keepListed(all, options.list);
  const set = await captionedSet(basename(resolve(folder)), folder, captions, signal);
  await using run = await openRun([folder], options);
  sayRun(run, options);
  const warnings: ToldWarning[] = [];
  const image = imageOptionsOf(options);
  const { results: found, lost } = await eachModel(
    signal,
    models,
    options,
    warnings,
    async (clip, onProgress) => {
      const own: RetrievalResult[] = [];
      for (const squares of views) {
        const asked = { views: squares, store: run.store, image, signal, onProgress };
        const batch = options.batch ? { batchSize: options.batch } : {};
        own.push(await evaluateRetrieval(clip, set, { ...asked, ...batch }));
      }
      return own;
    },
  );
  const results = found.flat();
  const failed = failedOf(results);
  report(failed);
  const comparisons = compareRetrieval(results, set);
  // Before anything is printed: a reader that goes away (`| head`) ends the command, and what can't be written costs no figures.
  const page = await (options.report === undefined
    ? undefined
    : saveReport(signal, options.report, { retrieval: { set, results, comparisons } }, options).catch(
        (error: unknown) => ({ error }),
      ));
  if (options.json) {
    const models = results.map(({ failed: own, shown: _shown, ranks: _ranks, ...figures }) => ({
      ...figures,
      ...failedJson(failedOf([{ failed: own }])),
    }));
    const rest = { ...(comparisons.length > 0 ? { comparisons } : {}), ...warningsJson(warnings) };
    print(JSON.stringify({ models, ...rest }, null, 2));
  } else {
    showRetrieval(results);
    showComparisons(comparisons);
  }
  if (page) throw page.error;
  await run.finish();
  return failed.length > 0 || lost > 0 ? EXIT.someFailed : EXIT.done;
}

/** Pictures that could not be read, each once. */
function failedOf(results: readonly Pick<RetrievalResult, "failed">[]): FailedImage[] {
  const found = new Map(
    results.flatMap(({ failed }) => failed.map((one) => [one.image, one.error] as const)),
  );
  return [...found].map(([image, { code, message }]) => ({
    image,
    error: new ClipError(code as ClipError["code"], message),
  }));
}
