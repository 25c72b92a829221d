import { createHash } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Encoder } from "../../encoder.js";
import { asClipError, ClipError } from "../../errors.js";
import { imageFormat } from "../../image/format.js";
import { writeNewFile } from "../../models/atomic.js";
import { makeFolder } from "../../models/folder.js";
import { Sources } from "../../search/ingest/sources.js";
import type { FoundFile } from "../../search/ingest/walk.js";
import { indexBatch } from "../../search/queue/index-batch.js";
import type { Fact, Row } from "../../search/row.js";
import { rowId } from "../../search/row.js";
import type { NamedPicture } from "../pictures/pictures.js";
import type { Database } from "./database.js";

/** Longest side of the thumbnails of added pictures, pixels. */
const THUMBNAIL = 256;

/** What became of one picture. */
export interface Added {
  readonly name: string;
  readonly row?: Pick<Row, Fact>;
  /** True: a file with the same bytes was there before. */
  readonly known?: boolean;
  readonly error?: ClipError;
}

/** Where added pictures of a database are kept. Raises `server.off`. */
export function uploadsOf(db: Database): string {
  if (db.uploads !== undefined) return db.uploads;
  throw new ClipError(
    "server.off",
    "Expected a server whose operator gave a folder for pictures that are added (--uploads).",
  );
}

/** Bytes → a file of the folder by their content's hash. Raises `image.format`, `image.empty`, what the disk raises. */
export async function keepFile(
  folder: string,
  bytes: Uint8Array,
): Promise<{ readonly path: string; readonly hash: string; readonly isNew: boolean }> {
  const format = imageFormat(bytes, false);
  const hash = createHash("sha256").update(bytes).digest("hex");
  const path = `${folder}/${hash.slice(0, 2)}/${hash}.${format === "jpeg" ? "jpg" : format}`;
  await makeFolder(dirname(path));
  return { path, hash, isNew: await writeNewFile(path, bytes) };
}

/** By content, a row that the database has. */
async function rowsByHash(db: Database, hashes: readonly string[]): Promise<Map<string, Pick<Row, Fact>>> {
  const found = new Map<string, Pick<Row, Fact>>();
  if (hashes.length === 0) return found;
  for await (const rows of db.store.scan({ filter: { hashes, frame: false } })) {
    for (const row of rows) if (!found.has(row.hash)) found.set(row.hash, row);
  }
  return found;
}

/**
 * Keeps pictures under their content's hash and puts them into the database: they are found when this resolves. What can't be read is
 * told of it alone, and not kept. Raises `server.off`, `search.*`, and what the disk and the model raise.
 */
export async function addPictures(
  db: Database,
  pictures: readonly NamedPicture[],
  encoder: Encoder,
): Promise<Added[]> {
  const folder = uploadsOf(db);
  const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  const bytes = pictures.map(({ input }) => (input instanceof Uint8Array ? input : undefined));
  const hashes = bytes.map((one) => one && hashOf(one));
  const before = await rowsByHash(db, [...new Set(hashes.filter((hash) => hash !== undefined))]);
  const kept: { file: FoundFile; isNew: boolean }[] = [];
  const wrong = new Map<number, ClipError>();
  for (const [i, { input }] of pictures.entries()) {
    if (input instanceof ClipError) wrong.set(i, input);
    else if (bytes[i] && !before.has(hashes[i]!)) {
      try {
        const { path, isNew } = await keepFile(folder, bytes[i]!);
        const { size, mtimeMs } = await stat(path);
        const file = { kind: "picture", path, bytes: size, modified: Math.trunc(mtimeMs) } as const;
        if (!kept.some((one) => one.file.path === path)) kept.push({ file, isNew });
      } catch (error) {
        if (!(error instanceof ClipError)) throw error;
        wrong.set(i, error);
      }
    }
  }
  const failed = await index(db, kept, encoder);
  const ids = kept.map(({ file }) => rowId(file.path, null));
  const after = new Map((await db.store.get(ids)).flatMap((row) => (row ? [[row.hash, row] as const] : [])));
  return pictures.map(({ name }, i): Added => {
    const hash = hashes[i];
    const known = hash === undefined ? undefined : before.get(hash);
    if (known) return { name, row: known, known: true };
    const row = hash === undefined ? undefined : after.get(hash);
    if (row) return { name, row, known: hashes.indexOf(hash) < i };
    const error = wrong.get(i) ?? failed.get(hash ?? "");
    return { name, error: error ?? new ClipError("image.format", "Expected a picture that can be read.") };
  });
}

/** Files into the store → by content, what was wrong with them; such files are taken away again. */
async function index(
  db: Database,
  kept: readonly { readonly file: FoundFile; readonly isNew: boolean }[],
  encoder: Encoder,
): Promise<Map<string, ClipError>> {
  const failed = new Map<string, ClipError>();
  if (kept.length === 0) return failed;
  const { model } = db.store.identity;
  await using sources = new Sources({ videos: false });
  try {
    const { errors } = await indexBatch(
      {
        formatVersion: 1,
        db: db.store.address,
        model: { spec: db.model, identity: model },
        frames: 1,
        thumbnail: THUMBNAIL,
        files: kept.map(({ file }) => file),
      },
      { store: db.store, encoder, sources },
    );
    for (const { path, code, message } of errors) {
      const hash = /([0-9a-f]{64})\.[a-z]+$/.exec(path)?.[1] ?? path;
      failed.set(hash, new ClipError(code, message));
      if (kept.find(({ file }) => file.path === path)?.isNew) await rm(path, { force: true });
    }
  } catch (error) {
    // Nothing is in the database: what was written for it goes, too.
    const there = await db.store.get(kept.map(({ file }) => rowId(file.path, null))).catch(() => undefined);
    for (const [i, { file, isNew }] of kept.entries())
      if (isNew && there && !there[i]) await rm(file.path, { force: true });
    throw asClipError(error, "server.run");
  }
  return failed;
}
