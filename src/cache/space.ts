import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { KEY_BYTES } from "./key-table.js";
import { readKeys } from "./segment.js";

/** What kind of input the vectors of a space belong to. */
export type CacheKind = "text" | "labels" | "images";

/** All that vectors must agree in to be comparable; a space on disk holds those of one such set. */
export interface SpaceFacts {
  readonly kind: CacheKind;
  readonly revision: string;
  readonly precision: string;
  readonly device: string;
  /** Length of a vector. */
  readonly dim: number;
  /** How inputs are brought to the model, where the keys do not say it: tokenizer or preprocessing. */
  readonly inputs?: unknown;
}

/** Name of the file that says whose vectors a space holds. */
export const SPACE_FILE = "space.json";

/** Names of segments, in the order they were begun. */
const SEGMENT = /^\d{8}\.vectors$/;

/** Partial files that a killed process left are removed after this long: writing takes milliseconds. */
const ABANDONED_MS = 60 * 60 * 1000;

/** Facts → the name of their folder. Changes of the file format change it too. */
export function spaceName(facts: SpaceFacts): string {
  const { kind, revision, precision, device, dim, inputs } = facts;
  const text = JSON.stringify([1, kind, revision, precision, device, dim, inputs ?? null]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** Name of the n-th segment. */
export function segmentName(n: number): string {
  return `${String(n).padStart(8, "0")}.vectors`;
}

/** Segments of a space, in the order they were begun; none where there is no folder. */
export async function segmentNames(space: string): Promise<string[]> {
  const names = await readdir(space).catch(() => []);
  return names.filter((name) => SEGMENT.test(name)).sort();
}

interface SegmentFile {
  readonly path: string;
  readonly bytes: number;
  /** When it was last used, ms. */
  readonly usedMs: number;
}

/** The segments of all spaces in a cache folder; partial files of the dead are removed on the way. */
async function allSegments(folder: string): Promise<SegmentFile[]> {
  const files: SegmentFile[] = [];
  for (const space of await spaceFolders(folder)) {
    for (const name of await readdir(space).catch(() => [])) {
      const path = join(space, name);
      const info = await stat(path).catch(() => undefined);
      if (info === undefined) continue;
      if (SEGMENT.test(name)) files.push({ path, bytes: info.size, usedMs: info.mtimeMs });
      else if (name.endsWith(".partial") && Date.now() - info.mtimeMs > ABANDONED_MS) {
        await rm(path, { force: true }).catch(() => undefined);
      }
    }
  }
  return files;
}

/** Folders of the spaces in a cache folder. */
export async function spaceFolders(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^[0-9a-f]{32}$/.test(name)).map((name) => join(folder, name));
}

/** Removes the segments that were not used for longest until `coming` more bytes fit; `kept` stays. */
export async function makeRoom(
  folder: string,
  coming: number,
  mostBytes: number,
  kept: string,
): Promise<void> {
  const files = (await allSegments(folder)).sort((a, b) => a.usedMs - b.usedMs);
  let bytes = files.reduce((sum, file) => sum + file.bytes, coming);
  for (const file of files) {
    if (bytes <= mostBytes) return;
    if (file.path === kept) continue;
    await rm(file.path, { force: true }).catch(() => undefined);
    bytes -= file.bytes;
  }
}

/** What `space.json` says: facts and the name that the model had. */
export interface SpaceRecord extends SpaceFacts {
  readonly model: string;
}

/** A space as it lies on disk; `record` is absent where its file can't be read. */
export interface SpaceInfo {
  readonly folder: string;
  readonly record: SpaceRecord | undefined;
  readonly bytes: number;
  readonly vectors: number;
  readonly segments: readonly string[];
}

/** The spaces of a cache folder. */
export async function listSpaces(folder: string): Promise<SpaceInfo[]> {
  const spaces: SpaceInfo[] = [];
  for (const space of await spaceFolders(folder)) {
    const segments = await segmentNames(space);
    const record = await readRecord(space);
    let [bytes, vectors] = [0, 0];
    for (const name of segments) {
      const path = join(space, name);
      bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
      const found = record && (await readKeys(path, record.dim).catch(() => undefined));
      vectors += (found?.keys.length ?? 0) / KEY_BYTES;
    }
    spaces.push({ folder: space, record, bytes, vectors, segments });
  }
  return spaces;
}

/** What the file of a space says; undefined where there is none or it is damaged. */
export async function readRecord(space: string): Promise<SpaceRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(join(space, SPACE_FILE), "utf8")) as SpaceRecord;
    const words = [record.model, record.kind, record.revision, record.precision, record.device];
    return words.every((word) => typeof word === "string") && Number.isInteger(record.dim)
      ? record
      : undefined;
  } catch {
    return undefined;
  }
}
