import type { ClipError, ErrorCode } from "../../errors.js";

/** A file that could not be read, or only in part. */
export interface IndexFailure {
  readonly path: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a run found and did. Counts are files; a video is one. */
export interface IndexReport {
  /** Pictures and videos that the folders hold. */
  readonly found: number;
  /** Those that were there already, by size and time. */
  readonly unchanged: number;
  readonly added: number;
  /** Files of a path that was there, with other content. */
  readonly changed: number;
  /** Content that was there under a path where nothing is any more: nothing was computed. */
  readonly moved: number;
  /** Content that was and is there under another path, too: nothing was computed. */
  readonly copied: number;
  /** Other time, same content. */
  readonly touched: number;
  /** Rows of files that are not in the folders any more. */
  readonly removed: number;
  /** Rows below what could not be read, or of a folder in which nothing is left: they stay. */
  readonly kept: number;
  /** Files that were to be read and were not, because of `limit`. */
  readonly left: number;
  /** Key frames of the videos that were added or changed. */
  readonly frames: number;
  readonly failed: number;
  /** How many failed of which kind. */
  readonly failures: Readonly<Record<string, number>>;
  /** The first 1,000 of them. */
  readonly errors: readonly IndexFailure[];
  readonly seconds: number;
}

/** Failures that are named: a person reads no more, and a folder may hold a million. */
const MOST_NAMED = 1_000;

type Count = Exclude<keyof IndexReport, "failures" | "errors" | "seconds">;

/** A report while it is made. */
export class Tally {
  readonly #began = performance.now();
  readonly #counts: Record<Count, number> = {
    found: 0,
    unchanged: 0,
    added: 0,
    changed: 0,
    moved: 0,
    copied: 0,
    touched: 0,
    removed: 0,
    kept: 0,
    left: 0,
    frames: 0,
    failed: 0,
  };
  readonly #failures: Record<string, number> = {};
  readonly #errors: IndexFailure[] = [];

  constructor(readonly onFailure?: (failure: IndexFailure) => void) {}

  add(what: Count, count = 1): void {
    this.#counts[what] += count;
  }

  get(what: Count): number {
    return this.#counts[what];
  }

  fail(path: string, { code, message }: ClipError): void {
    this.add("failed");
    this.#failures[code] = (this.#failures[code] ?? 0) + 1;
    if (this.#errors.length >= MOST_NAMED) return;
    const failure = { path, code, message };
    this.#errors.push(failure);
    this.onFailure?.(failure);
  }

  report(): IndexReport {
    return {
      ...this.#counts,
      failures: { ...this.#failures },
      errors: [...this.#errors],
      seconds: (performance.now() - this.#began) / 1_000,
    };
  }
}
