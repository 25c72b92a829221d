import { availableParallelism, cpus, totalmem } from "node:os";
import { throwIfAborted } from "../../errors.js";
import { type ImageOptions, imageOptions } from "../../image/options.js";
import { thumbnail } from "../../image/recode.js";
import { packageVersion } from "../../package-version.js";
import type { LabelledSet } from "../data/labelled-set.js";
import type { Cell, FailedPicture } from "../grid/cell.js";
import { type Comparison, cellName, viewsOf } from "../grid/compare.js";
import { type LevelFigures, levelFigures } from "../grid/levels.js";
import type { PublishedFigures } from "../published.js";
import { paretoFront } from "../statistics.js";
import {
  CAPTIONED,
  captionedPositions,
  type MeasuredRetrieval,
  type ReportRetrieval,
  reportRetrieval,
} from "./retrieval.js";

/** Side of a preview, pixels. */
const THUMBNAIL = 168;

/** What previews may add to the page: it is to be mailed and opened on a phone. */
const MOST_THUMBNAILS = 400;
const MOST_BYTES = 6 * 1024 * 1024;

/** Failed pictures and mistakes that are listed. */
const MOST_FAILED = 20;
const MOST_PAIRS = 12;
const MOST_WEAK = 10;

/** Classes of a matrix that can still be read. */
const MOST_MATRIX = 40;

const KINDS = ["right", "wrong", "unsure"] as const;

/** A set as the page shows it. */
export interface ReportSet {
  readonly set: LabelledSet;
  readonly published?: PublishedFigures;
}

export interface ReportInput {
  /** Labelled pictures; with `cells` and `comparisons`. */
  readonly sets?: readonly ReportSet[];
  readonly cells?: readonly Cell[];
  readonly comparisons?: readonly Comparison[];
  /** Levels of label sets also by sums of probabilities. */
  readonly sum?: boolean;
  /** Captions. */
  readonly retrieval?: MeasuredRetrieval;
  /** What few-shot learning made answers with, as a file is named. */
  readonly adapter?: string;
  /** Of zeroclip; default: what the package says. */
  readonly version?: string;
  readonly image?: Partial<ImageOptions>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** All that the page's script draws; figures are shares 0..1. */
export interface ReportData {
  readonly version: string;
  readonly adapter?: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memory: number;
    readonly node: string;
  };
  readonly measured: string;
  readonly sets: readonly {
    readonly name: string;
    readonly pictures: number;
    readonly classes: readonly string[];
    /** Names of the choices of prompts; `model`: its own, `given`: by --template. */
    readonly prompts: readonly string[];
    readonly published?: PublishedFigures;
    readonly cells: readonly ReportCell[];
    readonly comparisons: readonly Omit<Comparison, "set">[];
    /** Top-1 where pictures were made worse. */
    readonly variants: readonly {
      readonly cell: string;
      readonly resolution?: number;
      readonly quality?: number;
      readonly top1: number;
    }[];
    readonly failed: { readonly count: number; readonly shown: readonly FailedPicture[] };
    /** By position: name, class and preview. */
    readonly shown: Readonly<
      Record<number, { readonly name: string; readonly truth: number; readonly thumb?: string }>
    >;
  }[];
  readonly retrieval?: ReportRetrieval;
}

type ReportCell = Pick<
  Cell,
  | "images"
  | "top1"
  | "top5"
  | "meanPerClass"
  | "ece"
  | "intervals"
  | "imagesPerSecond"
  | "memoryBytes"
  | "galleries"
> & {
  readonly name: string;
  /** What its speed hangs on: cells of the same work differ in speed by chance alone. */
  readonly work: string;
  /** No other cell is faster and right more often; false where speed was not measured, of it or of all others. */
  readonly front: boolean;
  readonly bins: Cell["reliability"]["width"];
  readonly calibrated?: Cell["calibrated"];
  /** Top-1 at each level above the classes, the top first. */
  readonly levels: readonly Omit<LevelFigures, "perLabel">[];
  readonly weak: readonly { readonly label: string; readonly images: number; readonly top1: number }[];
  readonly pairs: Cell["confusions"];
  /** [classes][classes] pictures, truth by answer; absent where it would be too large to read. */
  readonly matrix?: readonly (readonly number[])[];
};

/** Measured cells → what the page draws, with previews of the pictures of its galleries. Raises `aborted`. */
export async function reportData(input: ReportInput): Promise<ReportData> {
  const { sets = [], cells = [], comparisons = [], retrieval, version = packageVersion() } = input;
  const thumbs = await thumbnailsOf(input);
  const measured = [...cells, ...(retrieval?.results ?? [])].map((one) => one.measured).sort();
  return {
    version,
    ...(input.adapter === undefined ? {} : { adapter: input.adapter }),
    machine: {
      cpu: cpus()[0]?.model.trim() ?? "",
      cores: availableParallelism(),
      memory: totalmem(),
      node: process.version,
    },
    measured: measured.at(-1) ?? "",
    sets: sets.map(({ set, published }) => {
      const all = cells.filter((cell) => cell.set === set.name);
      const whole = all.filter(({ variant }) => !variant);
      const front = frontOf(whole);
      const failed = new Map(all.flatMap((cell) => cell.failed.map((one) => [one.image, one] as const)));
      const positions = new Set(whole.flatMap((cell) => shownPositions(cell)));
      return {
        name: set.name,
        pictures: set.pictures.length,
        classes: set.classes.map(({ label }) => label),
        prompts: [...new Set(all.map(({ prompts }) => prompts))],
        ...(published ? { published } : {}),
        cells: whole.map((cell) => {
          const levels = levelFigures(cell, set, { sum: input.sum === true }).map(
            ({ perLabel: _, ...figures }) => figures,
          );
          return { ...reportCell(cell, cellName(cell, whole), set), front: front.has(cell), levels };
        }),
        comparisons: comparisons.filter((one) => one.set === set.name).map(({ set: _, ...one }) => one),
        variants: all.flatMap((cell) => {
          if (!cell.variant) return [];
          const { variant, ...place } = cell;
          return [{ cell: cellName(place, whole), ...variant, top1: cell.top1 }];
        }),
        failed: { count: failed.size, shown: [...failed.values()].slice(0, MOST_FAILED) },
        shown: Object.fromEntries(
          [...positions].map((position) => {
            const { name, truth } = set.pictures[position]!;
            const thumb = thumbs.get(`${set.name} ${position}`);
            return [position, { name, truth, ...(thumb ? { thumb } : {}) }];
          }),
        ),
      };
    }),
    ...(retrieval ? { retrieval: reportRetrieval(retrieval, thumbs, MOST_FAILED) } : {}),
  };
}

/** Cells that no other beats in speed and accuracy together, among those whose speed was measured. */
function frontOf(cells: readonly Cell[]): ReadonlySet<Cell> {
  const measured = cells.flatMap((cell) =>
    cell.imagesPerSecond === null ? [] : [{ cell, x: cell.imagesPerSecond, y: cell.top1 }],
  );
  const front = paretoFront(measured);
  // Among cells of the same work the faster is so by chance.
  const works = new Set(measured.map(({ cell }) => workOf(cell)));
  return new Set(works.size < 2 ? [] : measured.flatMap(({ cell }, i) => (front[i] ? [cell] : [])));
}

/** What the time of a picture hangs on: not on prompts, which are computed once. */
function workOf(cell: Cell): string {
  return [cell.model, cell.precision, viewsOf(cell)].join(" ");
}

function reportCell(cell: Cell, name: string, set: LabelledSet): Omit<ReportCell, "front" | "levels"> {
  const { pictures, classes } = set;
  const { images, top1, top5, meanPerClass, ece, intervals, imagesPerSecond, memoryBytes, galleries } = cell;
  const weak = cell.perClass.toSorted((a, b) => a.top1 - b.top1 || b.images - a.images).slice(0, MOST_WEAK);
  const small = classes.length <= MOST_MATRIX;
  const matrix = small ? classes.map(() => new Array<number>(classes.length).fill(0)) : [];
  if (small) {
    for (const [i, answer] of cell.predicted.entries()) {
      if (answer >= 0) matrix[pictures[i]!.truth]![answer]! += 1;
    }
  }
  return {
    work: workOf(cell),
    ...{ name, images, top1, top5, meanPerClass, ece, intervals, imagesPerSecond, galleries },
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    bins: cell.reliability.width,
    ...(cell.calibrated ? { calibrated: cell.calibrated } : {}),
    weak: weak.map(({ label, images: count, top1: share }) => ({ label, images: count, top1: share })),
    pairs: cell.confusions.slice(0, MOST_PAIRS),
    ...(small ? { matrix } : {}),
  };
}

function shownPositions({ galleries }: Cell): number[] {
  return KINDS.flatMap((kind) => galleries[kind].map(({ position }) => position));
}

/** Previews by set and position: first places of all galleries first, so that a bound leaves none of them empty. */
async function thumbnailsOf(input: ReportInput): Promise<Map<string, string>> {
  const { sets = [], cells = [], retrieval, signal, onProgress } = input;
  const options = imageOptions(input.image);
  const galleries = cells.flatMap((cell) =>
    cell.variant ? [] : KINDS.map((kind) => ({ set: cell.set, pictures: cell.galleries[kind] })),
  );
  const longest = Math.max(0, ...galleries.map(({ pictures }) => pictures.length));
  const wanted = new Map<string, () => Promise<Uint8Array>>();
  for (let place = 0; place < longest; place++) {
    for (const { set, pictures } of galleries) {
      const shown = pictures[place];
      const picture = shown && sets.find((one) => one.set.name === set)?.set.pictures[shown.position];
      if (!picture || wanted.size >= MOST_THUMBNAILS) continue;
      wanted.set(`${set} ${shown.position}`, async () => thumbnail(await picture.open(), THUMBNAIL, options));
    }
  }
  for (const result of retrieval?.results ?? []) {
    const { set } = retrieval!;
    for (const position of captionedPositions(result, set)) {
      if (wanted.size >= MOST_THUMBNAILS) break;
      wanted.set(`${CAPTIONED} ${position}`, () => thumbnail(set.paths[position]!, THUMBNAIL, options));
    }
  }
  const thumbs = new Map<string, string>();
  let [bytes, done] = [0, 0];
  for (const [key, make] of wanted) {
    throwIfAborted(signal);
    // A picture that has gone since it was measured is shown by its name.
    const jpeg = await make().catch(() => undefined);
    onProgress?.({ done: ++done, total: wanted.size });
    if (!jpeg) continue;
    bytes += jpeg.length;
    if (bytes > MOST_BYTES) break;
    thumbs.set(key, `data:image/jpeg;base64,${Buffer.from(jpeg).toString("base64")}`);
  }
  return thumbs;
}
