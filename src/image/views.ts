import { ClipError } from "../errors.js";
import type { Size } from "./pixels.js";
import type { Preprocessing } from "./preprocessing.js";
import type { Window } from "./taps.js";

/**
 * Which squares of a picture are taken: the centre; the centre and its mirror image; the centre and the four corners of a
 * larger copy; centre and corners at several scales; of a large picture the centre and overlapping squares of its own pixels.
 */
export const VIEWS = ["center", "flip", "five", "multi-scale", "tiles"] as const;
export type Views = (typeof VIEWS)[number];

/** Most squares of a picture, so that one picture never fills the memory. */
export const MOST_VIEWS: Readonly<Record<Views, number>> = {
  center: 1,
  flip: 2,
  five: 5,
  "multi-scale": 11,
  tiles: 32,
};

/** Python's round(n / 2): halves to the even neighbour. */
function halfToEven(n: number): number {
  const down = Math.floor(n / 2);
  return n % 2 === 0 || down % 2 === 0 ? down : down + 1;
}

/** Time and memory grow with this side; a line of one pixel by 65,535, the longest that JPEG and GIF hold, stays below at 224 and 256 pixels. */
const LONGEST = 2 ** 24;

/** Size of the whole resized picture: the shorter side becomes `side`, the longer floor(side · long / short). */
export function resizedSize(picture: Size, resizeTo: number | "squash", size: number): Size {
  if (resizeTo === "squash") return { width: size, height: size };
  if (resizeTo < size) {
    throw new ClipError(
      "image.options",
      `Expected resizeTo to be at least ${size} (size) but received ${resizeTo}.`,
    );
  }
  const { width, height } = picture;
  const long = Math.trunc((resizeTo * Math.max(width, height)) / Math.min(width, height));
  if (long > LONGEST) {
    throw new ClipError(
      "image.shape",
      `Expected a longer side of at most ${LONGEST} pixels after resizing but ${width} × ${height} pixels give ${long}.`,
    );
  }
  return width <= height ? { width: resizeTo, height: long } : { width: long, height: resizeTo };
}

function windowAt({ width, height }: Size, size: number, left: number, top: number): Window {
  return { width, height, left, top, cropWidth: size, cropHeight: size };
}

/** The square in the middle of a copy of this size, where the reference has it. */
function middle(whole: Size, { size, style }: Preprocessing): Window {
  const offset = style === "openai" ? halfToEven : (n: number) => Math.floor(n / 2);
  return windowAt(whole, size, offset(whole.width - size), offset(whole.height - size));
}

/** The copy that is larger than the reference's by a factor. */
function larger(picture: Size, { size, resizeTo }: Preprocessing, factor: number): Size {
  const side = Math.round((resizeTo === "squash" ? size : resizeTo) * factor);
  return resizedSize(picture, resizeTo === "squash" ? "squash" : side, side);
}

function corners(whole: Size, size: number): Window[] {
  const [right, bottom] = [whole.width - size, whole.height - size];
  return [
    windowAt(whole, size, 0, 0),
    windowAt(whole, size, right, 0),
    windowAt(whole, size, 0, bottom),
    windowAt(whole, size, right, bottom),
  ];
}

/** A corner crop needs room: 256 : 224, as in the ten-crop test of AlexNet (Krizhevsky et al. 2012, section 4.1). */
const CORNER_ROOM = 256 / 224;

/** Copies of `multi-scale` beside the reference's own, and how much each scale counts in all; a larger copy shows less of the picture. */
const SCALES = [
  { factor: CORNER_ROOM, share: 1 / 3 },
  { factor: CORNER_ROOM ** 2, share: 1 / 6 },
] as const;
const OWN_SCALE = 1 / 2;

/** Least share of a tile's side that it has in common with its neighbour: what is cut by one edge is whole in the next. */
const OVERLAP = 1 / 4;

/** Tiles that cover a side with that overlap. */
function tilesAlong(length: number, size: number): number {
  return length <= size ? 1 : Math.ceil((length - size) / (size * (1 - OVERLAP))) + 1;
}

/** Tiles beside the centre. */
const MOST_TILES = MOST_VIEWS.tiles - 1;

/**
 * Overlapping squares of the picture's own pixels, row by row. Of a picture that would need more than 31 the largest copy that
 * does not; of one smaller than a square the smallest copy that holds one. Of a strip so long that even this copy needs more,
 * 31 that are evenly spread.
 */
function tiles(picture: Size, size: number): Window[] {
  const own = Math.min(picture.width, picture.height);
  const countAt = (side: number): number => {
    const { width, height } = resizedSize(picture, side, size);
    return tilesAlong(width, size) * tilesAlong(height, size);
  };
  let [side, above] = [size, Math.max(size, own) + 1];
  while (above - side > 1) {
    const between = (side + above) >> 1;
    if (countAt(between) <= MOST_TILES) side = between;
    else above = between;
  }
  const whole = resizedSize(picture, side, size);
  const columns = Math.min(tilesAlong(whole.width, size), MOST_TILES);
  const rows = Math.min(tilesAlong(whole.height, size), MOST_TILES);
  const place = (i: number, count: number, length: number): number =>
    count === 1 ? 0 : Math.round((i * (length - size)) / (count - 1));
  return Array.from({ length: rows * columns }, (_, i) =>
    windowAt(
      whole,
      size,
      place(i % columns, columns, whole.width),
      place(Math.floor(i / columns), rows, whole.height),
    ),
  );
}

/** Windows that are cut out of a picture of this size, the centre first; `flip` adds the mirror image of its one. Raises `image.shape`. */
export function windowsOf(picture: Size, preprocessing: Preprocessing, views: Views): Window[] {
  const { size, resizeTo } = preprocessing;
  const center = middle(resizedSize(picture, resizeTo, size), preprocessing);
  if (views === "five") return [center, ...corners(larger(picture, preprocessing, CORNER_ROOM), size)];
  if (views === "multi-scale") {
    const more = SCALES.flatMap(({ factor }) => {
      const whole = larger(picture, preprocessing, factor);
      return [middle(whole, preprocessing), ...corners(whole, size)];
    });
    return [center, ...more];
  }
  if (views === "tiles") {
    const cut = tiles(picture, size);
    // One tile is the centre once more, or all but.
    return cut.length === 1 ? [center] : [center, ...cut];
  }
  return [center];
}

/** How much each of a picture's squares counts; undefined where all count alike. */
export function viewWeights(views: Views, count: number): readonly number[] | undefined {
  if (views === "multi-scale") {
    const crops = (count - 1) / SCALES.length;
    return [OWN_SCALE, ...SCALES.flatMap(({ share }) => new Array<number>(crops).fill(share / crops))];
  }
  // The whole picture counts as much as all of its parts.
  if (views === "tiles" && count > 1) return [1, ...new Array<number>(count - 1).fill(1 / (count - 1))];
  return undefined;
}
