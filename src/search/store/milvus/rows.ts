import { ClipError } from "../../../errors.js";
import { type Column, FACTS, type Row } from "../../row.js";

/** All columns, in the order of the collection. */
export const COLUMNS: readonly Column[] = [...FACTS, "thumbnail", "vector"];

/** Bytes of a text as UTF-8 that Milvus keeps. */
export const MOST_TEXT = 65_535;

/** Columns whose null is a number that no row has: Milvus' own null is new, and no condition is false of it. */
const NO_NUMBER: Readonly<Partial<Record<Column, number>>> = {
  time: -1,
  taken: -(2 ** 53),
  latitude: 1_000,
  longitude: 1_000,
};

/** What stands before a text that is not null, so that an empty one is another than none. */
export const THERE = "=";

/** Whole milliseconds below which there are no times. */
export const NO_TIME = NO_NUMBER.taken!;

const WHOLE: ReadonlySet<Column> = new Set([
  "time",
  "bytes",
  "modified",
  "width",
  "height",
  "taken",
  "indexed",
]);

/** Letters that mean something in a pattern, others that look like them, and code points that Unicode gives to no letter. */
const PLAIN = ["%％\ufdd0", "_＿\ufdd1", "\\＼\ufdd2"] as const;
const TO_WIDE = new Map(
  PLAIN.flatMap(([sign, wide, none]) => [[sign!, wide!] as const, [wide!, none!] as const]),
);
const TO_SIGN = new Map([...TO_WIDE].map(([from, to]) => [to, from] as const));
/** What no text holds that is kept. */
const NEVER = "\ufdd3";
const TAKEN = /[\ufdd0-\ufdd3]/;

/**
 * A text in which `%`, `_` and `\` are their wide forms, and those are code points of no letter: what is looked for with patterns is
 * kept so, since how a server escapes in patterns differs between versions. Two texts stay two.
 */
export function wide(text: string): string {
  return text.replace(/[%_\\％＿＼\ufdd0-\ufdd3]/g, (sign) => TO_WIDE.get(sign) ?? NEVER);
}

/** {@link wide} taken back. */
function narrow(text: string): string {
  return text.replace(/[％＿＼\ufdd0-\ufdd2]/g, (sign) => TO_SIGN.get(sign)!);
}

/** A cell of Milvus. */
type Cell = string | number | boolean | readonly string[] | readonly number[];

function cellOf(column: Column, value: Row[Column]): Cell {
  if (column in NO_NUMBER) return (value as number | null) ?? NO_NUMBER[column]!;
  if (column === "path") return wide(value as string);
  if (column === "camera") return value === null ? "" : THERE + wide(value as string);
  if (column === "caption") return value === null ? "" : THERE + (value as string);
  if (column === "thumbnail") {
    return value === null ? "" : THERE + Buffer.from(value as Uint8Array).toString("base64");
  }
  return column === "vector" ? Array.from(value as Float32Array) : (value as Cell);
}

function cellValue(column: Column, cell: unknown): unknown {
  if (column in NO_NUMBER || WHOLE.has(column)) {
    const number = Number(cell);
    return number === NO_NUMBER[column] ? null : number;
  }
  if (column === "path") return narrow(cell as string);
  if (column === "vector") return Float32Array.from(cell as number[]);
  if (column !== "camera" && column !== "caption" && column !== "thumbnail") return cell;
  if (cell === "") return null;
  const text = (cell as string).slice(THERE.length);
  if (column === "thumbnail") return Uint8Array.from(Buffer.from(text, "base64"));
  return column === "camera" ? narrow(text) : text;
}

/** Raises `search.row` where a text can't be kept: Chinese takes three bytes a character. */
function checkTexts({ id, path = "", camera }: Partial<Row>): void {
  const isShort = Buffer.byteLength(wide(path)) <= MOST_TEXT;
  if (isShort && !TAKEN.test(path + (camera ?? ""))) return;
  throw new ClipError(
    "search.row",
    `Expected path and camera of the row ${JSON.stringify(id)} to be at most ${MOST_TEXT} bytes as UTF-8, without U+FDD0 to U+FDD3, for Milvus but they are not.`,
  );
}

/** A row, or some of its columns, → what Milvus keeps. Raises `search.row`. */
export function recordOf<C extends Column>(row: Pick<Row, C>, columns: readonly C[]): Record<string, Cell> {
  checkTexts(row);
  return Object.fromEntries(columns.map((column) => [column, cellOf(column, row[column])]));
}

/** What Milvus gave → a row of the given columns. */
export function rowOf<C extends Column>(
  record: Readonly<Record<string, unknown>>,
  columns: readonly C[],
): Pick<Row, C> {
  return Object.fromEntries(columns.map((column) => [column, cellValue(column, record[column])])) as Pick<
    Row,
    C
  >;
}

/** Bytes that a record takes on its way, roughly. */
export function sizeOf(record: Readonly<Record<string, Cell>>): number {
  let bytes = 0;
  for (const cell of Object.values(record)) {
    if (typeof cell === "string") bytes += cell.length;
    else bytes += typeof cell === "object" ? 4 * cell.length : 8;
  }
  return bytes;
}
