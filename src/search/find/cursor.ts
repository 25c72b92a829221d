import { createHash } from "node:crypto";
import { ClipError } from "../../errors.js";

/** A place in the order of hits: by similarity, and by id where that is equal. */
export interface Place {
  readonly similarity: number;
  readonly id: string;
}

/** Where a page ended. Says nothing of positions, so that it stays right while rows come and go. */
export interface Cursor {
  /** Rows up to here have been shown or passed over; undefined: none. */
  readonly after?: Place;
  /** With diversity: the window ends here, and these of it have been shown (the first signs of their ids). */
  readonly end?: Place;
  readonly shown?: readonly string[];
  /** About how many rows lie before it: only how many are asked for at first depends on it. */
  readonly passed: number;
}

/** Characters of a cursor: that of a window of 200 rows has 2,500. */
const MOST_CURSOR = 8_000;
/** Sums over the query's vector that are compared, in thousandths. */
const SKETCH = 12;
/** By how much they may differ: vectors of one text from batches of other sizes differ in the seventh digit. */
const TOLERANCE = 2;
/** Characters of an id that tell it from 200 others. */
export const SHOWN_LENGTH = 10;

/** What a cursor belongs to: the query's vector, and options that decide what hits there are. */
export interface Bound {
  readonly vector: Float32Array;
  readonly options: unknown;
}

interface Written {
  readonly q: readonly number[];
  readonly o: string;
  readonly n: number;
  readonly a?: readonly [number, string];
  readonly e?: readonly [number, string];
  readonly s?: readonly string[];
}

/** A pattern of signs that looks like chance. */
function sign(i: number, j: number): 1 | -1 {
  const both = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(j + 1, 0x85ebca6b);
  return ((Math.imul(both ^ (both >>> 15), 0x2c1b3c6d) >>> 16) & 1) === 0 ? 1 : -1;
}

/** Sums of the vector's numbers with signs: other queries have others, whichever numbers of a model say something. */
function sketch(vector: Float32Array): number[] {
  return Array.from({ length: SKETCH }, (_, j) => {
    let sum = 0;
    for (const [i, value] of vector.entries()) sum += sign(i, j) * value;
    return Math.round(sum * 1000);
  });
}

function digest(options: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(options) ?? "")
    .digest("hex")
    .slice(0, 12);
}

/** A cursor as a text of letters, digits, `-` and `_`. */
export function writeCursor({ after, end, shown, passed }: Cursor, { vector, options }: Bound): string {
  const pair = (place: Place): readonly [number, string] => [place.similarity, place.id];
  const written: Written = {
    ...{ q: sketch(vector), o: digest(options), n: passed },
    ...(after ? { a: pair(after) } : {}),
    ...(end ? { e: pair(end) } : {}),
    ...(shown ? { s: shown } : {}),
  };
  // Numbers and ids: ASCII.
  return btoa(JSON.stringify(written)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function isPair(value: unknown): value is readonly [number, string] {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    Number.isFinite(value[0]) &&
    typeof value[1] === "string" &&
    value[1].length <= 64
  );
}

function parse(text: string): Written | undefined {
  if (text.length > MOST_CURSOR || !/^[\w-]+$/.test(text)) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return undefined;
  }
  if (typeof read !== "object" || read === null) return undefined;
  const { q, o, n, a, e, s } = read as Partial<Record<keyof Written, unknown>>;
  const isWritten =
    Array.isArray(q) &&
    q.every(Number.isFinite) &&
    typeof o === "string" &&
    Number.isSafeInteger(n) &&
    (n as number) >= 0 &&
    (a === undefined || isPair(a)) &&
    (e === undefined || isPair(e)) &&
    (s === undefined || (Array.isArray(s) && s.every((id) => typeof id === "string")));
  return isWritten ? (read as Written) : undefined;
}

/** The opposite of `writeCursor`. Raises `search.cursor` where it is none, or one of another query or other options. */
export function readCursor(text: string, { vector, options }: Bound): Cursor {
  const written = parse(text);
  if (written === undefined) {
    throw new ClipError(
      "search.cursor",
      `Expected the cursor of a page before but received ${JSON.stringify(text.slice(0, 60))}.`,
    );
  }
  const now = sketch(vector);
  const isSame =
    written.o === digest(options) &&
    written.q.length === now.length &&
    now.every((value, i) => Math.abs(value - written.q[i]!) <= TOLERANCE);
  if (!isSame) {
    throw new ClipError(
      "search.cursor",
      "Expected a cursor of this query and these options but received that of others.",
    );
  }
  const place = ([similarity, id]: readonly [number, string]): Place => ({ similarity, id });
  return {
    passed: written.n,
    ...(written.a ? { after: place(written.a) } : {}),
    ...(written.e ? { end: place(written.e) } : {}),
    ...(written.s ? { shown: written.s } : {}),
  };
}
