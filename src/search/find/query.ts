import { ClipError } from "../../errors.js";
import type { ImageInput } from "../../image/sources.js";
import { SEEN } from "../../zeroshot/prompts.js";

/** A part of a picture in shares of its sides, 0..1: left edge, top edge, width, height. */
export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How much a part counts: above 0 like it, below 0 unlike it; −10..10, not 0. */
interface Weighted {
  readonly weight: number;
}

export interface TextPart extends Weighted {
  readonly text: string;
}

export interface PicturePart extends Weighted {
  readonly picture: ImageInput;
  readonly crop?: Crop;
}

/** A row that the store has, by its id or its path; it is not among its own hits. */
export interface RowPart extends Weighted {
  readonly like: string;
}

export type QueryPart = TextPart | PicturePart | RowPart;

/** Characters of a query: a long paragraph; a model reads some 60 words of one text. */
export const MOST_QUERY = 4_000;
/** Parts of a query: each takes a run of the model, and nobody weighs more against each other. */
export const MOST_PARTS = 16;
/** Largest weight of a part: beside it those of weight 1 hardly count. */
export const MOST_WEIGHT = 10;
/** Least side of a crop: less is no picture of anything. */
const LEAST_SIDE = 0.01;

function wrong(expected: string): ClipError {
  return new ClipError("search.query", `Expected ${expected}.`);
}

/** `x,y,w,h` in shares of a picture's sides → a crop. Raises `search.query`. */
export function parseCrop(text: string): Crop {
  const [x, y, width, height, ...more] = text.split(",").map((part) => (part.trim() === "" ? NaN : +part));
  const crop = { x: x!, y: y!, width: width!, height: height! };
  if (more.length === 0 && isCrop(crop)) return crop;
  throw wrong(
    `a crop x,y,w,h in shares of the picture's sides (0..1, sides from ${LEAST_SIDE}) but received ${JSON.stringify(text.slice(0, 80))}`,
  );
}

function isCrop({ x, y, width, height }: Crop): boolean {
  const [least, end] = [LEAST_SIDE, 1 + 1e-9];
  return x >= 0 && y >= 0 && width >= least && height >= least && x + width <= end && y + height <= end;
}

/** Raises `search.query` where there are no parts or too many, none is looked for, a text says nothing, or a weight or crop is out of range. */
export function checkParts(parts: readonly QueryPart[]): void {
  if (parts.length > MOST_PARTS) {
    throw wrong(`at most ${MOST_PARTS} parts of a query but received ${parts.length}`);
  }
  for (const part of parts) {
    const { weight } = part;
    if (!(Math.abs(weight) <= MOST_WEIGHT) || weight === 0) {
      throw wrong(`weights from −${MOST_WEIGHT} to ${MOST_WEIGHT} and not 0 but received ${weight}`);
    }
    if ("text" in part && (part.text.trim() === "" || part.text.length > MOST_QUERY)) {
      throw wrong(`texts of 1 to ${MOST_QUERY} characters but received one of ${part.text.length}`);
    }
    if ("text" in part && !SEEN.test(part.text)) {
      throw wrong("texts with words in them but received one in which nothing can be seen");
    }
    if ("picture" in part && part.crop && !isCrop(part.crop)) {
      throw wrong("a crop that lies within its picture");
    }
  }
  if (parts.some(({ weight }) => weight > 0)) return;
  throw wrong("something to look for, not only what to leave out");
}
