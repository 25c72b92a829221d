import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";

/** What the bytes of a file must hash to. */
export type Checksum =
  | { readonly kind: "sha256"; readonly hex: string }
  /** Git's blob id, which Hugging Face gives for small files: SHA-1 over `blob <size>\0` and the bytes. */
  | { readonly kind: "git-sha1"; readonly hex: string; readonly size: number };

/** A hasher that has read nothing of the file yet. */
export function createHasher(checksum: Checksum): Hash {
  if (checksum.kind === "sha256") return createHash("sha256");
  return createHash("sha1").update(`blob ${checksum.size}\0`);
}

/** Feeds a file through the hasher; resolves to its length in bytes. Rejects as `fs` does. */
export async function hashInto(hasher: Hash, path: string, signal?: AbortSignal): Promise<number> {
  let bytes = 0;
  const options = { highWaterMark: 1 << 20, ...(signal === undefined ? {} : { signal }) };
  for await (const chunk of createReadStream(path, options) as AsyncIterable<Buffer>) {
    hasher.update(chunk);
    bytes += chunk.length;
  }
  return bytes;
}

/** The hex digest of a file on disk, of the checksum's kind. */
export async function hashFile(path: string, checksum: Checksum, signal?: AbortSignal): Promise<string> {
  const hasher = createHasher(checksum);
  await hashInto(hasher, path, signal);
  return hasher.digest("hex");
}
