import { ClipError, type ErrorCode } from "../errors.js";

/** A row of a table and the line of the file that it begins in, from 1. */
export interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Comma- or tab-separated text (RFC 4180: quoted cells may hold separators, line ends and doubled quotes) → rows; empty lines are left out. */
export function* parseRows(
  text: string,
  separator: "," | "\t",
  where: string,
  code: ErrorCode,
): Generator<Row> {
  let line = 1;
  let began = 1;
  let cells: string[] = [];
  for (let at = 0; at < text.length; ) {
    let cell = "";
    if (text[at] === '"') {
      at += 1;
      for (;;) {
        const end = text.indexOf('"', at);
        if (end < 0) {
          throw new ClipError(
            code,
            `Expected a closing quote for line ${began} of ${where} but the file ends.`,
          );
        }
        const part = text.slice(at, end);
        cell += part;
        for (const sign of part) if (sign === "\n") line += 1;
        at = end + 1;
        if (text[at] !== '"') break;
        cell += '"';
        at += 1;
      }
      if (at < text.length && text[at] !== separator && text[at] !== "\n" && text[at] !== "\r") {
        throw new ClipError(
          code,
          `Expected a separator after the closing quote in line ${line} of ${where} but found ${JSON.stringify(text[at])}.`,
        );
      }
    } else {
      const from = at;
      while (at < text.length && text[at] !== separator && text[at] !== "\n" && text[at] !== "\r") at += 1;
      cell = text.slice(from, at);
    }
    cells.push(cell);
    const sign = text[at];
    if (sign === separator) {
      at += 1;
      // A separator at the very end is followed by one more, empty cell.
      if (at < text.length) continue;
      cells.push("");
    }
    if (text[at] === "\r") at += 1;
    if (text[at] === "\n") at += 1;
    if (cells.length > 1 || cells[0]!.trim() !== "") yield { line: began, cells };
    cells = [];
    line += 1;
    began = line;
  }
}
