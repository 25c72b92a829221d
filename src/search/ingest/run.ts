import type { Encoder } from "../../encoder.js";
import type { Store } from "../store/store.js";
import type { ReadJob } from "./read-ahead.js";
import type { Tally } from "./report.js";
import type { CompactMap } from "./seen.js";
import type { Snapshot } from "./snapshot.js";
import type { Writer } from "./writer.js";

/** What the steps of one run share. */
export interface Run {
  readonly store: Store;
  readonly encoder: Encoder;
  readonly snapshot: Snapshot;
  readonly writer: Writer;
  readonly tally: Tally;
  /** Paths from which a file was moved: of two copies the first was moved and the second is one. */
  readonly taken: CompactMap;
  /** Longest side of thumbnails, pixels; undefined: none. */
  readonly thumbnail: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** The bytes of a file; absent: it is one of this machine. */
  readonly read?: (path: string) => Promise<Uint8Array>;
  /** Passes files on, after the snapshot was told of contents that it is to know; absent: it knows all. */
  readonly lookUp?: (files: AsyncGenerator<ReadJob>) => AsyncGenerator<ReadJob>;
  /** Milliseconds since 1970. */
  now(): number;
  /** So many files more are done (1), or only looked at (0). */
  step(files?: number): void;
}
