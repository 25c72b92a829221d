import type { Warning } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import { type FailedImage, unreadable } from "../../evaluate/collect.js";
import { codedNames } from "../../evaluate/data/coded-names.js";
import { withLabels } from "../../evaluate/data/label-entries.js";
import type { LabelledSet } from "../../evaluate/data/labelled-set.js";
import { openSet, setNames } from "../../evaluate/data/open-set.js";
import type { Cell } from "../../evaluate/grid/cell.js";
import { type Comparison, compareCells } from "../../evaluate/grid/compare.js";
import { runGrid } from "../../evaluate/grid/grid.js";
import { levelFigures } from "../../evaluate/grid/levels.js";
import { knownSet, PUBLISHED_NOTE, publishedFigures } from "../../evaluate/published.js";
import { labelsAt } from "../../zeroshot/hierarchy.js";
import { imageOptionsOf, openModelOf, showsProgress } from "../options.js";
import {
  complain,
  EXIT,
  exitCodeOf,
  interruptedAfter,
  print,
  type ToldWarning,
  tellOnce,
  warningsJson,
} from "../output.js";
import { progress } from "../progress.js";
import { modelsOf, promptsOf, variantsOf, viewModesOf, viewsOf } from "./axes.js";
import { calibrationsOf } from "./calibrations.js";
import { FILE_ENDINGS, withFiles } from "./files.js";
import { givenLabelsOf, namesOf } from "./names.js";
import { checkReportPath, saveReport } from "./report.js";
import { openRun, sayRun } from "./run.js";
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
    viewModes: viewModesOf(options),
    prompts: promptsOf(options),
    variants: variantsOf(options),
  };
  if (options.published !== undefined) publishedFigures(options.published);
  checkOneLevel(options);
  await checkReportPath(options.report);
  const warnings: ToldWarning[] = [];
  const sets = await openSets(signal, paths, options, warnings);
  await using run = await openRun(paths, options);
  sayRun(run, options);
  let at = { done: 0, total: 0 };
  let bar: ReturnType<typeof progress> | undefined;
  let shown: string | undefined;
  const lost: ClipError[] = [];
  const told: { readonly name: string; readonly own: ToldWarning[] }[] = [];
  let measured: Cell[];
  try {
    measured = await runGrid({
      ...axes,
      sets,
      signal,
      store: run.store,
      image: imageOptionsOf(options),
      calibration: calibrationsOf(options, warnings),
      ...(options.batch ? { batchSize: options.batch } : {}),
      open: async (name) => {
        const own: ToldWarning[] = [];
        told.push({ name, own });
        return withFiles(await openModelOf(name, options, signal, own), options);
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
      onWarning: (warning) => {
        bar?.stop();
        const last = told.at(-1);
        if (last) tellOnce(last.own, warning, options.quiet);
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
  // Each was told with its model.
  if (measured.length === 0 && lost[0]) return exitCodeOf(lost[0]);
  for (const { name, own } of told) warnings.push(...own.map((warning) => ({ ...warning, model: name })));
  const failed = failedOf(measured);
  for (const { image, error } of failed) complain(error, image);
  // Figures of no picture would say that everything is wrong, or well calibrated.
  const cells = measured.filter(({ images }) => images > 0);
  if (cells.length === 0) throw unreadable(sets.map(({ name }) => name).join(", "), failed);
  const shownSets = sets.map((set): ShownSet => {
    const name = options.published ?? knownSet(set);
    return { set, ...(name ? { published: publishedFigures(name) } : {}) };
  });
  const comparisons = compareCells(cells, sets);
  // Before anything is printed: a reader that goes away (`| head`) ends the command, and what can't be written costs no figures.
  const report = await (options.report === undefined
    ? undefined
    : saveReport(
        signal,
        options.report,
        {
          ...{ sets: shownSets, cells, comparisons, sum: options.sum === true },
          ...(options.adapter === undefined ? {} : { adapter: options.adapter }),
        },
        options,
      ).catch((error: unknown) => ({ error })));
  if (options.json) printJson(cells, shownSets, comparisons, warnings, options);
  else {
    showCells(cells, shownSets, options.sum === true);
    if (options.adapter !== undefined) print(`\nanswered by the adapter ${options.adapter}`);
    showVariants(cells);
    showComparisons(comparisons);
    if (options.perClass) showClasses(cells, shownSets);
  }
  if (report) throw report.error;
  await run.finish();
  return failed.length > 0 || lost.length > 0 ? EXIT.someFailed : EXIT.done;
}

async function openSets(
  signal: AbortSignal,
  paths: readonly string[],
  options: EvalOptions,
  warnings: ToldWarning[],
): Promise<LabelledSet[]> {
  const names = setNames(paths);
  const given = await givenLabelsOf(options, paths.length);
  const called = await namesOf(undefined, options);
  const tell = (warning: Warning): void => tellOnce(warnings, warning, options.quiet);
  const sets: LabelledSet[] = [];
  for (const [i, path] of paths.entries()) {
    const labels = given[i];
    const found = await openSet(path, names[i]!, {
      names: called,
      onWarning: tell,
      endings: FILE_ENDINGS,
      signal,
      ...(labels === undefined ? {} : { numbered: labelsAt(labels.set).map(({ name }) => name) }),
      ...(options.split === undefined ? {} : { split: options.split }),
    });
    // What is kept of an ended run is of shapes that were drawn in the same way.
    const drawn =
      options.style || options.up ? `${found.fingerprint}-${options.style}-${options.up}` : found.fingerprint;
    const set = { ...found, fingerprint: drawn };
    sets.push(labels ? withLabels(set, labels) : set);
    const coded = labels ? undefined : codedNames(set);
    if (coded) tell(coded);
  }
  checkLevels(sets, options);
  return sets;
}

/** Raises `usage.eval`. */
function checkOneLevel({ sum, level }: EvalOptions): void {
  if (!sum || level === undefined) return;
  throw new ClipError(
    "usage.eval",
    "Expected either --level, which asks with the labels of one level, or --sum, which adds up to all of them, but received both.",
  );
}

/** Raises `usage.eval` where `--sum` has nothing to add up. */
function checkLevels(sets: readonly LabelledSet[], { sum }: EvalOptions): void {
  if (!sum || sets.some(({ classes }) => classes.some(({ above = [] }) => above.length > 0))) return;
  throw new ClipError(
    "usage.eval",
    "Expected --label-set or --labels-file of a set with several levels with --sum but the classes have one level.",
  );
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

/** Which calibration the figures beside the raw ones are of. */
function calibrationJson(figures: Cell["calibrated"], { perClass }: EvalOptions): object {
  if (!figures) return { source: "none" };
  const { reliability, fit, ...more } = figures;
  return { ...more, ...(fit ? { fit } : {}), ...(perClass ? { reliability } : {}) };
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
    const {
      calibrated,
      variant,
      perClass,
      confusions,
      reliability,
      predicted,
      summed: _summed,
      galleries,
      failed,
      ...further
    } = more;
    const { set } = sets.find((one) => one.set.name === cell.set)!;
    const names = set.classes;
    const levels = levelFigures(cell, set, { sum: options.sum === true }).map(({ perLabel, ...figures }) => ({
      ...figures,
      ...(options.perClass ? { perLabel } : {}),
    }));
    return {
      ...{ model, images, classes, top1, top5, ece },
      imagesPerSecond,
      ...(calibrated ? { calibratedEce: calibrated.ece } : {}),
      ...further,
      ...variant,
      calibration: calibrationJson(calibrated, options),
      ...(levels.length > 0 ? { levels } : {}),
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
  const published = sets.flatMap(({ set: { name }, published: figures }) =>
    figures ? [{ ...figures, set: name, is: figures.set, note: PUBLISHED_NOTE }] : [],
  );
  const rest = {
    ...(options.adapter === undefined ? {} : { adapter: options.adapter }),
    ...(comparisons.length > 0 ? { comparisons } : {}),
    ...(published.length > 0 ? { published } : {}),
    ...warningsJson(warnings),
  };
  print(JSON.stringify({ models, ...rest }, null, 2));
}
