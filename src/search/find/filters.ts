import { ClipError } from "../../errors.js";
import type { Filter } from "../store/filter.js";

/** Filters as people write them. */
export interface FilterWords {
  /** A day, month, year or moment: `2024`, `2024-05`, `2024-05-01`, `2024-05-01T18:30`. From its beginning. */
  readonly since?: string;
  /** The same; to its end. */
  readonly until?: string;
  /** An absolute path with `/`. */
  readonly folder?: string;
  /** All of them. */
  readonly labels?: readonly string[];
  /** `800` (both sides) or `800x600`, pixels. */
  readonly minSize?: string;
  /** A part of the camera's name. */
  readonly camera?: string;
}

/** Earliest moment of a date: everything that is known is from there on. */
const EARLIEST = -8.64e15;
/** Digits of a side: more pixels than any picture has. */
const SIZE = /^(\d{1,6})(?:[x×](\d{1,6}))?$/;
const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?)?)?$/;

/** A written date → its first and last millisecond, UTC, as times of rows are where EXIF data names no zone. Raises `search.filter`. */
export function parseDate(text: string): { readonly first: number; readonly last: number } {
  const [year, month, day, hour, minute, second] = (DATE.exec(text.trim())?.slice(1) ?? []).map((digits) =>
    digits === undefined ? undefined : Number(digits),
  );
  const isDate =
    year !== undefined &&
    (month ?? 1) >= 1 &&
    (month ?? 1) <= 12 &&
    (day ?? 1) >= 1 &&
    (day ?? 1) <= new Date(Date.UTC(year, month ?? 1, 0)).getUTCDate() &&
    (hour ?? 0) < 24 &&
    (minute ?? 0) < 60 &&
    (second ?? 0) < 60;
  if (!isDate) {
    throw new ClipError(
      "search.filter",
      `Expected a date such as 2024, 2024-05, 2024-05-01 or 2024-05-01T18:30 but received ${JSON.stringify(text.slice(0, 60))}.`,
    );
  }
  const at = (y: number, m: number, ...rest: number[]): number => Date.UTC(y, m - 1, ...rest);
  const first = at(year, month ?? 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0);
  const unit = [86_400_000, 60_000, 1_000];
  if (month === undefined) return { first, last: at(year + 1, 1, 1) - 1 };
  if (day === undefined) return { first, last: at(year, month + 1, 1) - 1 };
  const length = hour === undefined ? unit[0]! : second === undefined ? unit[1]! : unit[2]!;
  return { first, last: first + length - 1 };
}

/** When a picture was taken or, where it does not say, when its file was changed. */
function dated(since: string | undefined, until: string | undefined): Filter {
  const range = {
    ...(since === undefined ? {} : { least: parseDate(since).first }),
    ...(until === undefined ? {} : { most: parseDate(until).last }),
  };
  return { or: [{ taken: range }, { not: { taken: { least: EARLIEST } }, modified: range }] };
}

/** Filters as people write them → one of the store's; undefined where there is none. Raises `search.filter`. */
export function filterOf(words: FilterWords): Filter | undefined {
  const { since, until, folder, labels, minSize, camera } = words;
  const and: Filter[] = [];
  if (since !== undefined || until !== undefined) and.push(dated(since, until));
  if (folder !== undefined) and.push({ folder });
  if (labels !== undefined && labels.length > 0) and.push({ labels: { all: labels } });
  if (camera !== undefined) and.push({ camera });
  if (minSize !== undefined) {
    const size = SIZE.exec(minSize.trim());
    if (!size) {
      throw new ClipError(
        "search.filter",
        `Expected a size such as 800 or 800x600 (pixels) but received ${JSON.stringify(minSize.slice(0, 60))}.`,
      );
    }
    and.push({ width: { least: Number(size[1]) }, height: { least: Number(size[2] ?? size[1]) } });
  }
  return and.length === 0 ? undefined : { and };
}
