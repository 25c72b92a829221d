import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClipError } from "../../../errors.js";
import { writeFileAtomic } from "../../../models/atomic.js";
import { makeFolder } from "../../../models/folder.js";
import { JsonObject } from "../../../models/json.js";
import type { StoreIdentity } from "../store.js";
import { CHECKSUMS } from "./checksums.js";
import { ENCODINGS } from "./rows.js";
import { LOCK } from "./writing.js";

/** The file that says what a folder is. It is written last, so that a folder with it is whole. */
const IDENTITY = "zeroclip-store.json";
export const TABLE = "pictures";
/** Longest vector: some times that of the largest CLIP. */
const MOST_DIM = 65_536;

/** What a folder may hold before it is a store: what a process that was killed while making one leaves. */
function isOurs(name: string): boolean {
  return (
    name === `${TABLE}.lance` ||
    name.startsWith(LOCK) ||
    name.startsWith(CHECKSUMS) ||
    name.startsWith(IDENTITY) ||
    name.startsWith("__manifest")
  );
}

/** The names in a folder; undefined where there is none. Raises `search.address` where it is no folder. */
async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code !== "ENOTDIR") throw error;
    throw new ClipError("search.address", `Expected the folder of a store at ${folder} but it is a file.`);
  }
}

/** Makes the folder. Raises `search.address` where it holds other files: a store would be lost among pictures. */
export async function prepareFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  const foreign = (await namesIn(folder))?.find((name) => !isOurs(name));
  if (foreign === undefined) return;
  throw new ClipError(
    "search.address",
    `Expected an empty folder for a new store at ${folder} but it holds ${JSON.stringify(foreign)}.`,
  );
}

/** Undefined where the folder is no store. Raises `search.corrupt` where its file can't be understood. */
export async function readIdentity(folder: string): Promise<StoreIdentity | undefined> {
  const names = await namesIn(folder);
  if (!names?.includes(IDENTITY)) return undefined;
  const path = join(folder, IDENTITY);
  const json = JsonObject.parse(await readFile(path, "utf8"), path, "search.corrupt");
  const model = json.object("model");
  json.integer("formatVersion", 1, 1);
  return {
    model: {
      name: model.string("name"),
      revision: model.string("revision"),
      precision: model.oneOf("precision", ["fp32", "fp16", "int8", "mixed"]),
      dim: model.integer("dim", 1, MOST_DIM),
    },
    encoding: json.oneOf("encoding", ENCODINGS),
    created: json.number("created"),
    version: json.string("version"),
  };
}

export async function writeIdentity(folder: string, identity: StoreIdentity): Promise<void> {
  const text = JSON.stringify({ formatVersion: 1, ...identity }, undefined, 2);
  await writeFileAtomic(join(folder, IDENTITY), `${text}\n`);
}

/** Bytes of all files below; what is removed while they are counted counts nothing. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}
