import { stat } from "node:fs/promises";
import { isObjects } from "../objects/address.js";
import { FACTS, type Row, rowId } from "../row.js";
import type { Change, Store } from "../store/store.js";
import type { CompactMap } from "./seen.js";
import type { FoundFile } from "./walk.js";

/** A file whose content the store may know. */
export interface HashedFile extends FoundFile {
  readonly hash: string;
  readonly state: "new" | "changed";
}

/** What became of it. */
export type Reuse = "touched" | "moved" | "copied";

export interface Reused {
  /** Rows to put for it, with the vectors of the same content. */
  readonly rows: readonly Row[];
  /** Instead, where only its time is another. */
  readonly changes: readonly Change[];
  readonly how: Reuse;
}

const ALL = [...FACTS, "thumbnail", "vector"] as const;

/** True where nothing is at the path any more; a share that does not answer is no proof. */
async function isGone(path: string): Promise<boolean> {
  if (isObjects(path)) return false;
  return stat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
}

/** Files of known content → their rows, made of others' without computing anything; undefined where no row has the content after all. */
export async function reuse(
  store: Store,
  files: readonly HashedFile[],
  { taken, now }: { readonly taken: CompactMap; now(): number },
): Promise<(Reused | undefined)[]> {
  const byHash = new Map<string, Map<string, Row[]>>();
  const hashes = [...new Set(files.map(({ hash }) => hash))];
  for await (const rows of store.scan({ filter: { hashes }, columns: ALL })) {
    for (const row of rows) {
      const paths = byHash.get(row.hash) ?? new Map<string, Row[]>();
      byHash.set(row.hash, paths.set(row.path, [...(paths.get(row.path) ?? []), row]));
    }
  }
  const found: (Reused | undefined)[] = [];
  for (const { path, bytes, modified, hash } of files) {
    const paths = byHash.get(hash) ?? new Map<string, Row[]>();
    const own = paths.get(path);
    if (own) {
      found.push({ rows: [], changes: own.map(({ id }) => ({ id, bytes, modified })), how: "touched" });
      continue;
    }
    const [first] = paths;
    if (first === undefined) {
      found.push(undefined);
      continue;
    }
    let [, source] = first;
    let how: Reuse = "copied";
    for (const [other, rows] of paths) {
      if (taken.has(other) || !(await isGone(other))) continue;
      taken.set(other);
      [source, how] = [rows, "moved"];
      break;
    }
    const rows = source.map((row) => ({
      ...row,
      id: rowId(path, row.time),
      path,
      bytes,
      modified,
      indexed: how === "moved" ? row.indexed : now(),
    }));
    found.push({ rows, changes: [], how });
  }
  return found;
}
