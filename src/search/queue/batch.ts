import { createHash } from "node:crypto";
import { ClipError } from "../../errors.js";
import { JsonObject } from "../../models/json.js";
import type { Job } from "../ingest/read-ahead.js";
import type { IndexFailure, IndexReport } from "../ingest/report.js";
import type { FoundFile } from "../ingest/walk.js";
import type { StoreModel } from "../store/store.js";

/** Files of one job: some seconds of work, so that little is done twice when a worker dies. */
export const MOST_FILES = 32;

/** Longest vector: some times that of the largest CLIP. */
const MOST_DIM = 65_536;

/** Some files that one worker is to put into one database. */
export interface Batch {
  readonly formatVersion: 1;
  /** The address of the database, as every worker can open it. */
  readonly db: string;
  /** What a worker opens, and what it has to be: vectors of two models are never mixed. */
  readonly model: { readonly spec: string; readonly identity: StoreModel };
  readonly frames: number;
  readonly thumbnail: number | null;
  readonly files: readonly FoundFile[];
}

/** What became of a batch. */
export type BatchResult = Pick<
  IndexReport,
  "unchanged" | "added" | "changed" | "moved" | "copied" | "touched" | "frames"
> & {
  readonly errors: readonly IndexFailure[];
};

/** The same batch has the same id, so that it is in a queue once. */
export function batchId(batch: Batch): string {
  return `b${createHash("sha256").update(JSON.stringify(batch)).digest("hex").slice(0, 31)}`;
}

/** Files in batches; a video, which may take minutes, is alone in one. */
export function* batches(files: Iterable<Job>): Generator<FoundFile[]> {
  let part: FoundFile[] = [];
  for (const { kind, path, bytes, modified } of files) {
    const file = { kind, path, bytes, modified };
    if (kind === "video") yield [file];
    else if (part.push(file) >= MOST_FILES) {
      yield part;
      part = [];
    }
  }
  if (part.length > 0) yield part;
}

const WHERE = "a job of the queue";

function fileOf(value: unknown): FoundFile {
  const json = JsonObject.of(value, WHERE, "search.queue");
  return {
    kind: json.oneOf("kind", ["picture", "video"]),
    path: json.string("path"),
    bytes: json.integer("bytes", 0, Number.MAX_SAFE_INTEGER),
    modified: json.integer("modified", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  };
}

/** What Redis holds → a batch. Raises `search.queue` where it is none. */
export function parseBatch(value: unknown): Batch {
  const json = JsonObject.of(value, WHERE, "search.queue");
  json.integer("formatVersion", 1, 1);
  const model = json.object("model");
  const identity = model.object("identity");
  const { files, thumbnail } = value as Partial<Batch>;
  if (!Array.isArray(files) || files.length === 0 || files.length > MOST_FILES) {
    throw new ClipError("search.queue", `Expected 1 to ${MOST_FILES} files in ${WHERE}.`);
  }
  return {
    formatVersion: 1,
    db: json.string("db"),
    model: {
      spec: model.string("spec"),
      identity: {
        name: identity.string("name"),
        revision: identity.string("revision"),
        precision: identity.oneOf("precision", ["fp32", "fp16", "int8", "mixed"]),
        dim: identity.integer("dim", 1, MOST_DIM),
      },
    },
    frames: json.integer("frames", 1, 1_000),
    thumbnail: thumbnail === null ? null : json.integer("thumbnail", 1, 1_024),
    files: files.map(fileOf),
  };
}
