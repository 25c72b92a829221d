import stringWidth from "string-width";
import { leastWidth, linesOf } from "./cells.js";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Cells between columns. */
const GAP = 2;
/** Least cells that a column of words is made narrower to. */
const LEAST_WORDS = 18;
/** Share of a line that the first columns take at most where others have to come below. */
const FIRST_SHARE = 0.6;
/** Longest word of a title, or of a path, that is kept whole. */
const LONGEST_WORD = 24;

function pad(text: string, width: number, align: Column["align"] = "left"): string {
  const space = " ".repeat(Math.max(0, width - stringWidth(text)));
  return align === "right" ? space + text : text + space;
}

/** Text cut to a width in terminal cells, wide (CJK) signs counted as two, with `…` where something was cut. */
export function clip(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let out = "";
  for (const sign of text) {
    if (stringWidth(out + sign) > width - 1) break;
    out += sign;
  }
  return `${out}…`;
}

/** Cells of a line of stdout: the terminal's, and no end where it is a pipe or a file. */
export function lineWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;
}

/** A sentence on lines of the terminal's width, broken between words; further lines are indented as the first one is. */
export function wrapped(sentence: string, width = lineWidth()): string {
  const indent = /^ */.exec(sentence)![0];
  const lines = linesOf(sentence.slice(indent.length), Math.max(1, width - indent.length), false);
  return lines.map((line) => indent + line).join("\n");
}

/** A column as it is laid out. */
interface Laid {
  readonly title: string;
  readonly align: Column["align"];
  readonly cells: readonly string[];
  /** Cells that it takes on one line, and the least that it can take. */
  readonly natural: number;
  readonly least: number;
}

/** `most`: cells of the longest word that is kept whole. */
function laid({ title, align }: Column, cells: readonly string[], most: number): Laid {
  const isNumber = align === "right";
  const widest = Math.max(0, ...cells.map((cell) => stringWidth(cell)));
  const natural = Math.max(stringWidth(title), widest);
  const words = Math.max(0, ...cells.map((cell) => leastWidth(cell, isNumber, most)));
  const head = leastWidth(title, false, most);
  const room = isNumber ? 0 : Math.min(widest, LEAST_WORDS, most);
  return { title, align, cells, natural, least: Math.min(natural, Math.max(head, words, room)) };
}

const sum = (widths: readonly number[]): number =>
  widths.reduce((total, width) => total + width, GAP * Math.max(0, widths.length - 1));

/** Widths that fit a line, taken from the widest columns first; each keeps its least. */
function fitted(columns: readonly Laid[], width: number): number[] {
  const widths = columns.map(({ natural }) => natural);
  while (sum(widths) > width) {
    let widest = -1;
    for (const [i, { least }] of columns.entries())
      if (widths[i]! > least && (widest < 0 || widths[i]! > widths[widest]!)) widest = i;
    if (widest < 0) break;
    widths[widest]! -= 1;
  }
  return widths;
}

function drawn(columns: readonly Laid[], width: number): string {
  const widths = fitted(columns, width);
  const line = (texts: readonly string[], isHead: boolean): string[] => {
    const broken = texts.map((text, i) =>
      linesOf(text, widths[i]!, !isHead && columns[i]!.align === "right"),
    );
    const height = Math.max(...broken.map((lines) => lines.length));
    return Array.from({ length: height }, (_, at) =>
      broken
        .map((lines, i) => {
          // Titles stand on the line above their column.
          const own = isHead ? lines[at - height + lines.length] : lines[at];
          return pad(own ?? "", widths[i]!, columns[i]!.align);
        })
        .join(" ".repeat(GAP))
        .trimEnd(),
    );
  };
  const rows = columns[0]!.cells.map((_, r) => columns.map(({ cells }) => cells[r]!));
  return [
    ...line(
      columns.map(({ title }) => title),
      true,
    ),
    ...rows.flatMap((row) => line(row, false)),
  ].join("\n");
}

/**
 * Rows under titles, aligned by width in terminal cells. Where that is wider than a line, words are broken within their
 * columns; where it still is, further columns come below, the first ones (those before the first number) repeated, so that nothing is left out
 * and no row is broken.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = lineWidth(),
): string {
  const numbers = columns.findIndex(({ align }) => align === "right");
  const count = Math.max(numbers, 1);
  // What is repeated leaves room for more.
  const most = Math.max(1, Math.min(LONGEST_WORD, Math.floor((FIRST_SHARE * width) / count) - GAP));
  const cellsOf = (i: number): string[] => rows.map((row) => row[i]!);
  const first = columns.slice(0, count).map((column, i) => laid(column, cellsOf(i), most));
  const least = sum(first.map((column) => column.least));
  const room = Math.max(1, Math.min(LONGEST_WORD, width - least - GAP));
  const others = columns.slice(count).map((column, i) => laid(column, cellsOf(count + i), room));
  const pieces: Laid[][] = [[...first]];
  let taken = least;
  for (const column of others) {
    const piece = pieces.at(-1)!;
    if (taken + GAP + column.least > width && piece.length > count) {
      pieces.push([...first, column]);
      taken = least + GAP + column.least;
    } else {
      piece.push(column);
      taken += GAP + column.least;
    }
  }
  return pieces.map((piece) => drawn(piece, width)).join("\n\n");
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A share 0..1 as a bar of at most `width` cells, in eighths of a cell. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  return "█".repeat(eighths >> 3) + EIGHTHS[eighths % 8];
}
