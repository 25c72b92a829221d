import { ClipError } from "../../errors.js";
import { MOST_PATH } from "../check-row.js";

/** From `least` to `most`, both included; either may be absent. */
export interface Range {
  readonly least?: number;
  readonly most?: number;
}

/**
 * Which rows: everything that is given must hold, so that `{}` is all of them. What is null in a row is in no range; `not` is
 * true wherever what it holds is false. Letters count as they are written.
 */
export interface Filter {
  readonly and?: readonly Filter[];
  /** At least one holds; none of an empty list does. */
  readonly or?: readonly Filter[];
  readonly not?: Filter;
  /** The file is in this folder or below: `/photos` has `/photos/a/b.jpg` and not `/photos-old/c.jpg`. */
  readonly folder?: string;
  /** The whole path, where `*` stands for any characters (also `/`) and `?` for one. */
  readonly glob?: string;
  readonly labels?: {
    readonly any?: readonly string[];
    readonly all?: readonly string[];
    readonly none?: readonly string[];
  };
  /** ms since 1970. */
  readonly taken?: Range;
  readonly modified?: Range;
  readonly indexed?: Range;
  readonly bytes?: Range;
  /** Pixels. */
  readonly width?: Range;
  readonly height?: Range;
  /** A part of the camera's name. */
  readonly camera?: string;
  /** True: has a caption. */
  readonly captioned?: boolean;
  /** True: a key frame of a video. */
  readonly frame?: boolean;
  readonly blank?: boolean;
  readonly ids?: readonly string[];
  readonly paths?: readonly string[];
  readonly hashes?: readonly string[];
}

/** Columns that a range may be asked of. */
export const RANGES = ["taken", "modified", "indexed", "bytes", "width", "height"] as const;
/** Lists of a filter, and the columns that are looked up in them. */
export const LISTS = [
  ["ids", "id"],
  ["paths", "path"],
  ["hashes", "hash"],
] as const;

/** Filters inside filters: nobody writes more by hand, and a parser's stack is no matter. */
const MOST_DEPTH = 16;
/** Filters, and values of their lists, altogether: stores read them as a text of some hundred kilobytes. */
export const MOST_VALUES = 10_000;

function wrong(what: string): ClipError {
  return new ClipError("search.filter", `Expected a filter with ${what}.`);
}

function isList(list: unknown): boolean {
  return Array.isArray(list) && list.every((item) => typeof item === "string" && item.length <= MOST_PATH);
}

function checkValues(filter: Filter): number {
  const { ids, paths, hashes, labels = {}, folder, glob, camera } = filter;
  const lists = [ids, paths, hashes, labels.any, labels.all, labels.none].filter(
    (list) => list !== undefined,
  );
  if (!lists.every(isList)) throw wrong(`texts of at most ${MOST_PATH} characters in its lists`);
  for (const text of [folder, glob, camera]) {
    const isGood = text === undefined || (typeof text === "string" && text.length <= MOST_PATH);
    if (!isGood) throw wrong(`a folder, glob and camera of at most ${MOST_PATH} characters`);
  }
  for (const name of ["captioned", "frame", "blank"] as const) {
    if (!["undefined", "boolean"].includes(typeof filter[name])) throw wrong(`true or false for ${name}`);
  }
  for (const name of RANGES) {
    const { least = 0, most = 0 } = filter[name] ?? {};
    if (!Number.isFinite(least) || !Number.isFinite(most)) throw wrong(`finite bounds of ${name}`);
  }
  return lists.reduce((sum, list) => sum + list.length, 1);
}

/** Raises `search.filter` where it is too deep, too long, or holds what is no filter's. */
export function checkFilter(filter: Filter): void {
  let values = 0;
  const check = (part: Filter, depth: number): void => {
    if (depth > MOST_DEPTH) throw wrong(`at most ${MOST_DEPTH} levels`);
    values += checkValues(part);
    if (values > MOST_VALUES) throw wrong(`at most ${MOST_VALUES} conditions and values`);
    for (const inner of [...(part.and ?? []), ...(part.or ?? []), ...(part.not ? [part.not] : [])]) {
      check(inner, depth + 1);
    }
  };
  check(filter, 1);
}

/** `/photos/` and `/photos` → `/photos/`: what all paths below begin with. */
export function folderStart(folder: string): string {
  return folder.endsWith("/") ? folder : `${folder}/`;
}
