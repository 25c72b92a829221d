import { createHash } from "node:crypto";
import { asClipError, type ClipError } from "../../errors.js";
import { imageOptions } from "../../image/options.js";
import { readInput } from "../../image/sources.js";
import type { FoundFile } from "./walk.js";

/** A file that is to be looked at. */
export interface Job extends FoundFile {
  readonly state: "new" | "changed";
}

/** A file's bytes and their SHA-256, or why it has none. */
export interface ReadJob {
  readonly job: Job;
  readonly read: { readonly bytes: Uint8Array; readonly hash: string } | ClipError;
}

/** Files that are read before their turn: a batch of the encoder. */
const AHEAD = 8;
const { maxBytes, maxPixels } = imageOptions();

/** The bytes of a picture on this machine. */
export async function readPicture(path: string): Promise<Uint8Array> {
  return (await readInput(path, { maxBytes, maxPixels })) as Uint8Array;
}

async function readOne(job: Job, read: (path: string) => Promise<Uint8Array>): Promise<ReadJob> {
  try {
    const bytes = await read(job.path);
    return { job, read: { bytes, hash: createHash("sha256").update(bytes).digest("hex") } };
  } catch (error) {
    return { job, read: asClipError(error, "input.file") };
  }
}

/** Files with their bytes, in order; the next ones are read meanwhile. Each is at most 64 MiB, as every picture. */
export async function* readAhead(jobs: Iterable<Job>, read = readPicture): AsyncGenerator<ReadJob> {
  const started: Promise<ReadJob>[] = [];
  for (const job of jobs) {
    if (started.push(readOne(job, read)) >= AHEAD) yield await started.shift()!;
  }
  while (started.length > 0) yield await started.shift()!;
}
