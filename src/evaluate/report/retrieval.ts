import type { CaptionedSet } from "../captions.js";
import { type RecallComparison, retrievalName } from "../compare-recall.js";
import type { FailedPicture } from "../grid/cell.js";
import type { RetrievalResult } from "../retrieval.js";

/** Captions and what was measured on them. */
export interface MeasuredRetrieval {
  readonly set: CaptionedSet;
  readonly results: readonly RetrievalResult[];
  readonly comparisons: readonly RecallComparison[];
}

/** All that the page's script draws of them; figures are shares 0..1. */
export interface ReportRetrieval {
  readonly name: string;
  readonly pictures: number;
  readonly captions: number;
  readonly results: readonly (Pick<
    RetrievalResult,
    "textToImage" | "imageToText" | "intervals" | "images" | "captions" | "imagesPerSecond" | "memoryBytes"
  > & {
    readonly name: string;
    readonly shown: Readonly<
      Record<
        "missed" | "found",
        readonly {
          readonly caption: string;
          /** Position of its own picture. */
          readonly image: number;
          readonly rank: number;
          readonly found: readonly number[];
        }[]
      >
    >;
  })[];
  readonly comparisons: readonly RecallComparison[];
  readonly failed: { readonly count: number; readonly shown: readonly FailedPicture[] };
  /** By position: name and preview. */
  readonly shown: Readonly<Record<number, { readonly name: string; readonly thumb?: string }>>;
}

/** Key of a preview of the captions' pictures; no data set of labels is called so. */
export const CAPTIONED = "\0captions";

/** Results and previews by position → what the page draws; at most `mostFailed` failed pictures are named. */
export function reportRetrieval(
  { set, results, comparisons }: MeasuredRetrieval,
  thumbs: ReadonlyMap<string, string>,
  mostFailed: number,
): ReportRetrieval {
  const { files, captions } = set;
  const places = new Map(files.map((file, i) => [file, i]));
  const failed = new Map(results.flatMap((result) => result.failed.map((one) => [one.image, one] as const)));
  return {
    name: set.name,
    pictures: files.length,
    captions: captions.length,
    results: results.map((result) => {
      const { textToImage, imageToText, intervals, images, imagesPerSecond, memoryBytes, shown } = result;
      const queries = (of: typeof shown.found) =>
        of.map(({ caption, rank, found }) => {
          const { text, image } = captions[caption]!;
          return { caption: text, image: places.get(image)!, rank, found };
        });
      return {
        ...{ textToImage, imageToText, intervals, images, captions: result.captions, imagesPerSecond },
        memoryBytes,
        name: retrievalName(result, results),
        shown: { missed: queries(shown.missed), found: queries(shown.found) },
      };
    }),
    comparisons,
    failed: { count: failed.size, shown: [...failed.values()].slice(0, mostFailed) },
    shown: Object.fromEntries(
      [...new Set(results.flatMap((result) => captionedPositions(result, set)))].map((position) => {
        const thumb = thumbs.get(`${CAPTIONED} ${position}`);
        return [position, { name: files[position]!, ...(thumb ? { thumb } : {}) }];
      }),
    ),
  };
}

/** Pictures that a result's queries show: what was found, and what should have been. */
export function captionedPositions({ shown }: RetrievalResult, { files, captions }: CaptionedSet): number[] {
  const places = new Map(files.map((file, i) => [file, i]));
  return [...shown.missed, ...shown.found].flatMap(({ caption, found }) => [
    ...found,
    places.get(captions[caption]!.image)!,
  ]);
}
