import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { ClipError } from "../../errors.js";
import { isObjects } from "../../search/objects/address.js";
import type { Fact, Row } from "../../search/row.js";
import type { Database } from "./database.js";

/** An original: its bytes, or an open file of which they are read. */
export type Original =
  | { readonly bytes: Uint8Array; readonly size: number }
  | ({ readonly file: FileHandle; readonly size: number } & AsyncDisposable);

/** Bytes of a picture in object storage (`s3://`), at most so many. */
export type ReadObject = (address: string, most: number) => Promise<Uint8Array>;

function gone(why: string): ClipError {
  return new ClipError("server.not-found", `Expected the file as it was indexed but ${why}.`);
}

function isWithin(path: string, root: string): boolean {
  const way = relative(root, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function sha256(file: FileHandle): Promise<string> {
  const hash = createHash("sha256");
  const part = Buffer.alloc(1024 * 1024);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(part, 0, part.length, at);
    if (bytesRead === 0) return hash.digest("hex");
    hash.update(part.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/**
 * The file of a row, where it still is the one that was indexed: a regular file in one of the database's folders once all links are
 * followed, of the same size, and of the same time or the same content. Raises `server.not-found`.
 */
export async function openOriginal(
  db: Database,
  row: Pick<Row, Fact>,
  readObject?: ReadObject,
): Promise<Original> {
  if (isObjects(row.path)) return objectOf(row, readObject);
  const places = await db.places();
  if (places.rootOf(row.path) === undefined) throw gone("it lies in none of the folders that are shown");
  // Opening a pipe would else wait for a writer.
  const file = await open(row.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(() => undefined);
  if (file === undefined) throw gone("it can't be read any more");
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw gone("it is no file any more");
    const real = await realpath(row.path).catch(() => undefined);
    const roots = await Promise.all(places.roots.map(({ path }) => realpath(path).catch(() => undefined)));
    const inside = real !== undefined && roots.some((root) => root !== undefined && isWithin(real, root));
    if (!inside) throw gone("a link leads out of its folder");
    // What was opened is what the path leads to: not exchanged in between.
    const { ino, dev } = await stat(real);
    if (ino !== facts.ino || dev !== facts.dev) throw gone("it was exchanged");
    if (facts.size !== row.bytes) throw gone("it has changed");
    if (Math.trunc(facts.mtimeMs) !== row.modified && (await sha256(file)) !== row.hash)
      throw gone("it has changed");
    return { file, size: facts.size, [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function objectOf(
  { path, hash, bytes: most }: Pick<Row, Fact>,
  readObject: ReadObject | undefined,
): Promise<Original> {
  // A larger one is another than was indexed.
  const bytes = await readObject?.(path, most).catch(() => undefined);
  if (bytes === undefined) throw gone("its object can't be read");
  if (createHash("sha256").update(bytes).digest("hex") !== hash) throw gone("it has changed");
  return { bytes, size: bytes.length };
}

/** All bytes of an original that is a picture. Raises as `openOriginal`, and `image.too-large`. */
export async function originalBytes(
  db: Database,
  row: Pick<Row, Fact>,
  most: number,
  readObject?: ReadObject,
): Promise<Uint8Array> {
  const original = await openOriginal(db, row, readObject);
  await using opened = "bytes" in original ? undefined : original;
  if (original.size > most)
    throw new ClipError(
      "image.too-large",
      `Expected at most ${most} bytes but the picture has ${original.size}.`,
    );
  return "bytes" in original ? original.bytes : await opened!.file.readFile();
}
