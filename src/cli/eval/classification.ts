import { readFileSync } from "node:fs";
import { ClipError } from "../../errors.js";
import type { FailedImage } from "../../evaluate/collect.js";
import type { LabelledSet } from "../../evaluate/data/labelled-set.js";
import { openSet, setNames } from "../../evaluate/data/open-set.js";
import type { Cell } from "../../evaluate/grid/cell.js";
import { type Comparison, compareCells } from "../../evaluate/grid/compare.js";
import { runGrid } from "../../evaluate/grid/grid.js";
import { knownSet, PUBLISHED_NOTE, publishedFigures } from "../../evaluate/published.js";
import { writeReport } from "../../evaluate/report/page.js";
import { labelSet } from "../../zeroshot/label-sets.js";
import { imageOptionsOf, openModelOf, showsProgress } from "../options.js";
import {
  complain,
  EXIT,
  interruptedAfter,
  print,
  say,
  type ToldWarning,
  warn,
  warningsJson,
} from "../output.js";
import { progress } from "../progress.js";
import { modelsOf, promptsOf, variantsOf, viewsOf } from "./axes.js";
import { labelSetsOf, namesOf, withSet } from "./names.js";
import { openRun } from "./run.js";
import type { EvalOptions } from "./shared.js";
import { type ShownSet, showCells, showClasses, showComparisons, showVariants } from "./show.js";

/** Labelled pictures of one or several sets → accuracy, calibration and speed of each model. */
export async function classification(
  signal: AbortSignal,
  paths: readonly string[],
  options: EvalOptions,
): Promise<number> {
  const axes = {
    models: modelsOf(options),
    views: viewsOf(options),
    prompts: promptsOf(options),
    variants: variantsOf(options),
  };
  if (options.published !== undefined) publishedFigures(options.published);
  const warnings: ToldWarning[] = [];
  const sets = await openSets(signal, paths, options, warnings);
  await using run = await openRun(paths, options);
  if (run.store.resumed && !options.quiet) {
    say("Going on where the run was ended; --fresh begins anew.");
  }
  let at = { done: 0, total: 0 };
  let bar: ReturnType<typeof progress> | undefined;
  let shown: string | undefined;
  const lost: ClipError[] = [];
  const told: { readonly name: string; readonly own: readonly ToldWarning[] }[] = [];
  let cells: Cell[];
  try {
    cells = await runGrid({
      ...axes,
      sets,
      signal,
      store: run.store,
      image: imageOptionsOf(options),
      ...(options.batch ? { batchSize: options.batch } : {}),
      open: (name) => {
        const own: ToldWarning[] = [];
        told.push({ name, own });
        return openModelOf(name, options, signal, own);
      },
      onProgress: (place, { done, total = done }) => {
        const name = sets.length > 1 ? `${place.model} ${place.set}` : place.model;
        if (shown !== name) bar?.stop();
        if (shown !== name || !bar) bar = progress(name, "pictures", showsProgress(options));
        shown = name;
        at = { done, total };
        bar.update(done, total, "");
      },
      onCell: () => {
        bar?.stop();
        bar = undefined;
      },
      onFailure: (name, error) => {
        lost.push(error);
        complain(error, name);
      },
    });
  } catch (error) {
    throw interruptedAfter(error, at.done, at.total);
  } finally {
    bar?.stop();
  }
  if (cells.length === 0 && lost[0]) throw lost[0];
  for (const { name, own } of told) warnings.push(...own.map((warning) => ({ ...warning, model: name })));
  const failed = failedOf(cells);
  for (const { image, error } of failed) complain(error, image);
  const shownSets = sets.map((set): ShownSet => {
    const name = options.published ?? knownSet(set);
    return { name: set.name, classes: set.classes, ...(name ? { published: publishedFigures(name) } : {}) };
  });
  const comparisons = compareCells(cells, sets);
  if (options.json) printJson(cells, shownSets, comparisons, warnings, options);
  else {
    showCells(cells, shownSets);
    showVariants(cells);
    showComparisons(comparisons);
    if (options.perClass) showClasses(cells, shownSets);
  }
  if (options.report !== undefined) {
    const bar = progress("report", "pictures", showsProgress(options));
    try {
      await writeReport(options.report, {
        sets: sets.map((set, i) => {
          const { published } = shownSets[i]!;
          return { set, ...(published ? { published } : {}) };
        }),
        cells,
        comparisons,
        version: packageVersion(),
        image: imageOptionsOf(options),
        signal,
        onProgress: ({ done, total }) => bar.update(done, total, ""),
      });
    } finally {
      bar.stop();
    }
    if (!options.quiet) say(`The report is in ${options.report}.`);
  }
  await run.finish();
  return failed.length > 0 || lost.length > 0 ? EXIT.someFailed : EXIT.done;
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  return version;
}

async function openSets(
  signal: AbortSignal,
  paths: readonly string[],
  options: EvalOptions,
  warnings: ToldWarning[],
): Promise<LabelledSet[]> {
  const names = setNames(paths);
  const labelSets = labelSetsOf(options, paths.length);
  const sets: LabelledSet[] = [];
  for (const [i, path] of paths.entries()) {
    const onEmpty = (id: string): void => {
      const message = `The class folder ${id} has no picture and is left out.`;
      warnings.push({ code: "evaluate.empty-class", message });
      if (!options.quiet) warn(message);
    };
    const set = labelSets[i];
    const found = await openSet(path, names[i]!, {
      names: await namesOf(set, options),
      onEmpty,
      signal,
      ...(set === undefined ? {} : { numbered: labelSet(set).labels.map(({ name }) => name) }),
      ...(options.split === undefined ? {} : { split: options.split }),
    });
    sets.push(withSet(found, set, options));
  }
  return sets;
}

/** Pictures that could not be read, each once. */
function failedOf(cells: readonly Cell[]): FailedImage[] {
  const found = new Map<string, FailedImage>();
  for (const { failed } of cells) {
    for (const { image, error } of failed) {
      const { code, message } = error;
      found.set(image, { image, error: new ClipError(code as ClipError["code"], message) });
    }
  }
  return [...found.values()];
}

/** Classes and pairs that JSON names without being asked for all. */
const WORST = 5;
const PAIRS = 10;

function printJson(
  cells: readonly Cell[],
  sets: readonly ShownSet[],
  comparisons: readonly Comparison[],
  warnings: readonly ToldWarning[],
  options: EvalOptions,
): void {
  const models = cells.map((cell) => {
    const { model, images, classes, top1, top5, ece, imagesPerSecond, ...more } = cell;
    const { variant, perClass, confusions, reliability, predicted, galleries, failed, ...further } = more;
    const names = sets.find(({ name }) => name === cell.set)!.classes;
    return {
      ...{ model, images, classes, top1, top5, ece, imagesPerSecond },
      ...further,
      ...variant,
      worst: perClass.toSorted((a, b) => a.top1 - b.top1 || b.images - a.images).slice(0, WORST),
      confusions: confusions.slice(0, PAIRS).map(({ truth, predicted: other, count }) => ({
        truth: names[truth]!.label,
        predicted: names[other]!.label,
        count,
      })),
      ...(options.perClass ? { perClass, reliability } : {}),
      ...(failed.length > 0 ? { failed } : {}),
    };
  });
  const published = sets.flatMap(({ name, published: figures }) =>
    figures ? [{ ...figures, set: name, is: figures.set, note: PUBLISHED_NOTE }] : [],
  );
  const rest = {
    ...(comparisons.length > 0 ? { comparisons } : {}),
    ...(published.length > 0 ? { published } : {}),
    ...warningsJson(warnings),
  };
  print(JSON.stringify({ models, ...rest }, null, 2));
}
