import { ClipError } from "../errors.js";

/** What is remembered from call to call, and how many bytes of disk it may take. */
export interface CacheOptions {
  /** Features of texts and of label sets, in memory and on disk; `true`: 1 GiB on disk. Default false. */
  readonly text?: boolean | number;
  /** Embeddings of pictures by their bytes, on disk; `true`: 1 GiB. Default false. */
  readonly image?: boolean | number;
}

/** The same, complete: bytes on disk; 0 is off. */
export interface CacheBytes {
  readonly text: number;
  readonly image: number;
}

const MiB = 1024 * 1024;

/** Below a megabyte a segment holds but a few vectors; above 64 GiB the table of keys would take gigabytes of memory. */
const LEAST = MiB;
const MOST = 64 * 1024 * MiB;

/** Options → bytes. Raises `usage.cache`. */
export function cacheBytes({ text = false, image = false }: CacheOptions = {}): CacheBytes {
  return { text: bytesOf("text", text, 1024 * MiB), image: bytesOf("image", image, 1024 * MiB) };
}

function bytesOf(name: string, given: boolean | number, usual: number): number {
  if (typeof given === "boolean") return given ? usual : 0;
  if (Number.isInteger(given) && given >= LEAST && given <= MOST) return given;
  throw new ClipError(
    "usage.cache",
    `Expected cache.${name} to be true, false or ${LEAST} to ${MOST} bytes but received ${given}.`,
  );
}
