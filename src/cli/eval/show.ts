import type { LabelledSet } from "../../evaluate/data/labelled-set.js";
import type { CalibratedFigures } from "../../evaluate/grid/calibrated.js";
import type { Cell } from "../../evaluate/grid/cell.js";
import type { Comparison } from "../../evaluate/grid/compare.js";
import { cellName, viewsOf } from "../../evaluate/grid/compare.js";
import { levelFigures } from "../../evaluate/grid/levels.js";
import { PUBLISHED_NOTE, type PublishedFigures } from "../../evaluate/published.js";
import { bytes } from "../bytes.js";
import { print } from "../output.js";
import { table, wrapped } from "../table.js";
import { percent, points, probability, range, right, speed } from "./shared.js";

/** A data set with what is known of it. */
export interface ShownSet {
  readonly set: LabelledSet;
  readonly published?: PublishedFigures;
}

const several = (cells: readonly Cell[], pick: (cell: Cell) => string): boolean =>
  new Set(cells.map(pick)).size > 1;

/** Columns that tell cells apart, where there is more than one of their kind. */
function places(cells: readonly Cell[]): { title: string; of: (cell: Cell) => string }[] {
  return [
    ...(several(cells, ({ set }) => set) ? [{ title: "set", of: ({ set }: Cell) => set }] : []),
    { title: "model", of: ({ model }) => model },
    ...(several(cells, ({ precision }) => precision)
      ? [{ title: "precision", of: ({ precision }: Cell) => precision }]
      : []),
    ...(several(cells, viewsOf) ? [{ title: "views", of: viewsOf }] : []),
    ...(several(cells, ({ prompts }) => prompts)
      ? [{ title: "prompts", of: ({ prompts }: Cell) => prompts }]
      : []),
  ];
}

/** The table of all cells of whole pictures; `sum`: levels also by sums of probabilities. */
export function showCells(cells: readonly Cell[], sets: readonly ShownSet[], sum: boolean): void {
  const whole = cells.filter(({ variant }) => !variant);
  const own = places(whole);
  const calibrated = whole.some((cell) => cell.calibrated);
  const columns = [
    ...own.map(({ title }) => ({ title })),
    ...[
      "pictures",
      "classes",
      "top-1 %",
      "95 % range",
      "top-5 %",
      "per class %",
      "ECE %",
      "95 % range",
      ...(calibrated ? ["calibrated ECE %", "95 % range"] : []),
      "pictures/s",
      "memory",
    ].map((title) => ({ title, ...right })),
  ];
  const rows = whole.map((cell) => [
    ...own.map(({ of }) => of(cell)),
    String(cell.images),
    String(cell.classes),
    percent(cell.top1),
    range(cell.intervals.top1),
    percent(cell.top5),
    percent(cell.meanPerClass),
    percent(cell.ece),
    range(cell.intervals.ece),
    ...(calibrated
      ? cell.calibrated
        ? [percent(cell.calibrated.ece), range(cell.calibrated.interval)]
        : ["", ""]
      : []),
    speed(cell.imagesPerSecond),
    cell.memoryBytes === undefined ? "" : bytes(cell.memoryBytes),
  ]);
  print(table(columns, rows));
  const notes = whole.flatMap((cell) =>
    cell.calibrated
      ? [`calibrated: ${own.map(({ of }) => of(cell)).join(", ")}: ${calibrationNote(cell.calibrated)}`]
      : [],
  );
  if (notes.length > 0) print(`\n${notes.map((note) => wrapped(note)).join("\n")}`);
  showLevels(whole, sets);
  if (sum) showSums(whole, sets);
  for (const {
    set: { name },
    published,
  } of sets) {
    if (!published) continue;
    const rest = Object.entries(published.top1).map(([model, top1]) => [model, percent(top1)]);
    const title = `${name} (${published.set}): top-1 % ${PUBLISHED_NOTE} (${published.source})`;
    print(`\n${wrapped(title)}\n${table([{ title: "model" }, { title: "top-1 %", ...right }], rest)}`);
  }
}

/** Where calibrated probabilities come from, in words. */
function calibrationNote({ source, method, logitScale, fit }: CalibratedFigures): string {
  if (source === "default") return `default scale ${logitScale}, measured across sets`;
  const made = fit ? ` on ${fit.images} pictures, ${fit.made.slice(0, 10)}` : "";
  const others = Object.entries(fit ?? {}).flatMap(([what, value]) => (value === "other" ? [what] : []));
  const differ = others.filter((what) => what !== "pictures");
  const scale = source === "scale" ? `, of which the scale ${+logitScale.toPrecision(4)} is taken` : "";
  return [
    `${method} fitted${made}${scale}`,
    ...(differ.length > 0 ? [`with other ${differ.join(", ")}`] : []),
    ...(fit?.pictures === "same" ? ["on these very pictures, which flatters it"] : []),
  ].join("; ");
}

/** Top-1 at the levels above the classes, where a label set has several. */
function showLevels(cells: readonly Cell[], sets: readonly ShownSet[]): void {
  const own = places(cells);
  for (const { set } of sets) {
    const rows = cells
      .filter((cell) => cell.set === set.name)
      .map((cell) => ({ cell, levels: levelFigures(cell, set) }));
    const levels = rows[0]?.levels ?? [];
    if (levels.length === 0) continue;
    const columns = [
      ...own.map(({ title }) => ({ title })),
      ...levels.flatMap(({ level, labels }) =>
        [`level ${level} (${labels})`, "95 % range"].map((title) => ({ title, ...right })),
      ),
      { title: "classes", ...right },
    ];
    const cellsOf = rows.map(({ cell, levels: found }) => [
      ...own.map(({ of }) => of(cell)),
      ...found.flatMap(({ top1, interval }) => [percent(top1), range(interval)]),
      percent(cell.top1),
    ]);
    print(
      `\n${wrapped("top-1 % by level of the label set: the answer's label above is the truth's")}\n${table(columns, cellsOf)}`,
    );
  }
}

/** Top-1 at the levels above the classes by sums, a row for each level and kind of probabilities. */
function showSums(cells: readonly Cell[], sets: readonly ShownSet[]): void {
  const own = places(cells);
  const columns = [
    ...own.map(({ title }) => ({ title })),
    { title: "level", ...right },
    { title: "probabilities" },
    ...["best class %", "sum %", "95 % range", "difference", "95 % range", "p"].map((title) => ({
      title,
      ...right,
    })),
  ];
  const rows = cells.flatMap((cell) => {
    const { set } = sets.find((one) => one.set.name === cell.set)!;
    return levelFigures(cell, set, { sum: true }).flatMap(({ level, top1, summed, calibratedSummed }) =>
      (
        [
          ["own", summed],
          ["calibrated", calibratedSummed],
        ] as const
      ).flatMap(([kind, found]) =>
        found
          ? [
              [
                ...own.map(({ of }) => of(cell)),
                ...[String(level), kind, percent(top1), percent(found.top1), range(found.interval)],
                ...[points(found.gain), range(found.gainInterval), probability(found.p)],
              ],
            ]
          : [],
      ),
    );
  });
  if (rows.length === 0) return;
  print(
    `\n${wrapped("top-1 % by level, the probabilities of all classes under a label added up (McNemar's test)")}\n${table(columns, rows)}`,
  );
}

/** Top-1 by resolution and JPEG quality, a row for each cell of whole pictures. */
export function showVariants(cells: readonly Cell[]): void {
  const variants = [...new Set(cells.flatMap(({ variant }) => (variant ? [JSON.stringify(variant)] : [])))];
  if (variants.length === 0) return;
  const whole = cells.filter(({ variant }) => !variant);
  const own = places(whole);
  const titles = variants.map((text) => {
    const variant = JSON.parse(text) as NonNullable<Cell["variant"]>;
    return "resolution" in variant ? `${variant.resolution} px` : `JPEG ${variant.quality}`;
  });
  const rows = whole.map((cell) => [
    ...own.map(({ of }) => of(cell)),
    percent(cell.top1),
    ...variants.map((text) => {
      const found = cells.find(
        (other) =>
          JSON.stringify(other.variant) === text &&
          (["set", "model", "precision", "views", "viewMode", "prompts"] as const).every(
            (field) => other[field] === cell[field],
          ),
      );
      return found ? percent(found.top1) : "";
    }),
  ]);
  const columns = [
    ...own.map(({ title }) => ({ title })),
    ...["as they are", ...titles].map((title) => ({ title, ...right })),
  ];
  print(
    `\n${wrapped("top-1 % where the shorter side is at most so many pixels, or as JPEG of a quality")}\n${table(columns, rows)}`,
  );
}

/** McNemar's tests. */
export function showComparisons(comparisons: readonly Comparison[]): void {
  if (comparisons.length === 0) return;
  const columns = [
    { title: "set" },
    { title: "first" },
    { title: "second" },
    ...["difference", "95 % range", "only first", "only second", "p", "p of all"].map((title) => ({
      title,
      ...right,
    })),
  ];
  const rows = comparisons.map((one) => [
    one.set,
    one.first,
    one.second,
    points(one.difference),
    range(one.interval),
    String(one.onlyFirst),
    String(one.onlySecond),
    probability(one.p),
    probability(one.adjustedP),
  ]);
  print(
    `\n${wrapped("the same pictures, two by two (points of top-1; McNemar's test, Holm's correction)")}\n${table(columns, rows)}`,
  );
}

/** Pairs of classes that a table shows. */
const PAIRS = 10;

/** Each class by itself and which was taken for which, set by set. */
export function showClasses(cells: readonly Cell[], sets: readonly ShownSet[]): void {
  for (const { set } of sets) {
    const { name, classes } = set;
    const own = cells.filter((cell) => cell.set === name && !cell.variant);
    if (own.length === 0) continue;
    const ending = sets.length > 1 ? `, ${name}` : "";
    const columns = [
      { title: "class" },
      { title: "pictures", ...right },
      ...own.map((cell) => ({ title: cellName(cell, own), ...right })),
    ];
    const rows = own[0]!.perClass.map(({ id, label, images }) => [
      label,
      String(images),
      ...own.map(({ perClass }) => {
        const found = perClass.find((one) => one.id === id);
        return found ? percent(found.top1) : "";
      }),
    ]);
    print(`\ntop-1 % of each class${ending}\n${table(columns, rows)}`);
    const levels = own.map((cell) => levelFigures(cell, set));
    for (const [i, { level, perLabel }] of levels[0]!.entries()) {
      const rows = perLabel.map(({ id, label, images }) => [
        label,
        String(images),
        ...levels.map((found) => percent(found[i]!.perLabel.find((one) => one.id === id)?.top1 ?? 0)),
      ]);
      print(`\ntop-1 % of each label of level ${level}${ending}\n${table(columns, rows)}`);
    }
    const pairs = own.flatMap((cell) =>
      cell.confusions
        .slice(0, PAIRS)
        .map(({ truth, predicted, count }) => [
          cellName(cell, own),
          classes[truth]!.label,
          classes[predicted]!.label,
          String(count),
        ]),
    );
    if (pairs.length === 0) continue;
    const titles = [
      { title: "model" },
      { title: "class" },
      { title: "taken for" },
      { title: "pictures", ...right },
    ];
    print(`\nmost frequent mistakes${ending}\n${table(titles, pairs)}`);
  }
}
