import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { asClipError, ClipError, whyNotWritten } from "../errors.js";
import { isOrphan, partialName, publishFolder } from "./atomic.js";
import { hashFile } from "./checksum.js";
import { makeFolder } from "./folder.js";
import type { ModelManifest, OpenedModel } from "./manifest.js";
import { hashFiles, rememberHashes } from "./weights-hash.js";
import { isWeights, type WrittenFile, writeSynced } from "./write-tower.js";

/** The file that makes a folder an entry; written last. */
const ENTRY_FILE = "entry.json";

/** Keys are hashes: nothing else can name a folder outside the cache. */
const KEY = /^[0-9a-f]{32}$/;

/** Hex digits of a revision that name its entry: 128 bits do not meet by chance. */
const KEY_LENGTH = 32;

/** SHA-256 (hex) → the key of its entry. */
export function cacheKey(sha256: string): string {
  return sha256.slice(0, KEY_LENGTH);
}

/** Of processes that can't be asked for (another machine's, on a shared disk): no compilation takes a day. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

interface Entry {
  readonly manifest: ModelManifest;
  readonly files: readonly WrittenFile[];
}

/** An entry as it lies on disk: its own hash shows that no byte of it was changed. */
interface SealedEntry extends Entry {
  readonly seal: string;
}

function sealOf({ manifest, files }: Entry): string {
  return createHash("sha256").update(JSON.stringify({ manifest, files })).digest("hex");
}

/** An entry of the cache, for listings. */
export interface CompiledEntry {
  readonly key: string;
  /** Name under which it was compiled. */
  readonly name: string;
  readonly precision: ModelManifest["precision"];
  /** Of all its files together. */
  readonly bytes: number;
  readonly folder: string;
}

/** The entry of that key, or nothing when there is none or it is damaged: compiling again mends both. */
export async function openCompiled(cacheFolder: string, key: string): Promise<OpenedModel | undefined> {
  const folder = entryFolder(cacheFolder, key);
  const entry = await readEntry(folder);
  if (!entry || !(await isWhole(folder, entry, false))) return undefined;
  return { folder, manifest: entry.manifest };
}

/**
 * True when every byte of the entry is as it was written. What was found is remembered: an entry that is damaged is not
 * opened any more, also where sizes and times are as they were.
 */
export async function verifyCompiled(cacheFolder: string, key: string): Promise<boolean> {
  const folder = entryFolder(cacheFolder, key);
  const entry = await readEntry(folder);
  return entry !== undefined && isWhole(folder, entry, true);
}

/** An entry by its key, whole or damaged; undefined where there is none. Of one whose record is damaged the name is not known. */
export async function findCompiled(
  cacheFolder: string,
  key: string,
): Promise<(Pick<CompiledEntry, "key" | "bytes" | "folder"> & Partial<CompiledEntry>) | undefined> {
  const folder = entryFolder(cacheFolder, key);
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return undefined;
  let bytes = 0;
  for (const name of names) bytes += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0;
  const { name, precision } = (await readEntry(folder))?.manifest ?? {};
  return {
    ...{ key, bytes, folder },
    ...(name === undefined || precision === undefined ? {} : { name, precision }),
  };
}

/** Keys of all entries, damaged ones too. */
export async function compiledKeys(cacheFolder: string): Promise<string[]> {
  return (await readdir(cacheFolder).catch(() => [])).filter((name) => KEY.test(name)).sort();
}

/**
 * Makes an entry: `write` fills a folder that nobody else sees, which then takes its name at once. Where another process
 * was first, its entry stands; one that is damaged is moved out of the way before. Raises `model.cache` where the folder
 * can't be written to (rights, a full disk), and leaves nothing behind then. With `replace` a whole entry gives way too.
 */
export async function publishCompiled(
  cacheFolder: string,
  key: string,
  write: (folder: string) => Promise<Entry>,
  options: { readonly replace?: boolean } = {},
): Promise<OpenedModel> {
  const folder = entryFolder(cacheFolder, key);
  const partial = partialName(folder);
  try {
    await makeFolder(partial);
    await sweepAbandoned(cacheFolder);
    const entry = await write(partial);
    const sealed: SealedEntry = { ...entry, seal: sealOf(entry) };
    await writeSynced(partial, ENTRY_FILE, [Buffer.from(JSON.stringify(sealed, undefined, 1))]);
    // Where nothing lies yet nothing is removed: another process may put its entry there at this moment.
    const present = await stat(folder).then(
      () => true,
      () => false,
    );
    if (options.replace || (present && !(await openCompiled(cacheFolder, key))))
      await removeCompiled(cacheFolder, key);
    if (await publishFolder(partial, folder)) await rememberWeights(folder, entry.files);
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    throw cannotKeep(cacheFolder, error);
  }
  const opened = await openCompiled(cacheFolder, key);
  if (opened) return opened;
  throw new ClipError(
    "model.cache",
    `Expected a whole compiled model in ${folder} but it was changed meanwhile.`,
  );
}

/** An error of the file system as a sentence with the folder; all else as it is. */
function cannotKeep(cacheFolder: string, error: unknown): ClipError {
  if (error instanceof ClipError) return error;
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === undefined) return asClipError(error, "model.cache");
  const sentence = `Expected to write to ${cacheFolder} but can't: ${whyNotWritten(error)}.`;
  return new ClipError("model.cache", sentence, { cause: error });
}

/** Bytes that are tried: more than a file system keeps beside a file's name. */
const TRIED = 64 * 1024;

/**
 * Tries whether the cache can be written to, before work whose result would have no place. Raises `model.cache` with the
 * folder and the reason; leaves nothing behind but the folder.
 */
export async function checkCacheWritable(cacheFolder: string): Promise<void> {
  const path = partialName(join(cacheFolder, "writable"));
  try {
    await makeFolder(cacheFolder);
    await writeFile(path, new Uint8Array(TRIED), { flag: "wx" });
  } catch (error) {
    throw cannotKeep(cacheFolder, error);
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}

/** What was hashed as it was written is not read again when it is opened. */
async function rememberWeights(folder: string, files: readonly WrittenFile[]): Promise<void> {
  const weights = files.filter(({ name }) => isWeights(name));
  const known = weights.map(({ name, sha256 }) => ({ path: join(folder, name), sha256 }));
  await rememberHashes(known, dirname(folder));
}

/** All whole entries, by name. */
export async function listCompiled(cacheFolder: string): Promise<CompiledEntry[]> {
  const entries: CompiledEntry[] = [];
  for (const key of await compiledKeys(cacheFolder)) {
    const folder = entryFolder(cacheFolder, key);
    const entry = await readEntry(folder);
    if (!entry) continue;
    const { name, precision } = entry.manifest;
    entries.push({
      key,
      name,
      precision,
      bytes: entry.files.reduce((sum, file) => sum + file.size, 0),
      folder,
    });
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Removes an entry, whole or damaged; true when there was one. It disappears at once, its files after that. */
export async function removeCompiled(cacheFolder: string, key: string): Promise<boolean> {
  const aside = partialName(entryFolder(cacheFolder, key));
  try {
    await rename(entryFolder(cacheFolder, key), aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
  return true;
}

function entryFolder(cacheFolder: string, key: string): string {
  if (!KEY.test(key))
    throw new ClipError("model.cache", `Expected a key of 32 hex digits but received "${key}".`);
  return join(cacheFolder, key);
}

async function readEntry(folder: string): Promise<Entry | undefined> {
  try {
    const entry = JSON.parse(await readFile(join(folder, ENTRY_FILE), "utf8")) as SealedEntry;
    return entry.seal === sealOf(entry) ? entry : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Sizes and hashes are always checked. Those of weights take seconds, so that a hash once found is believed while size, time
 * and inode of the file stay, unless every byte is asked for.
 */
async function isWhole(folder: string, entry: Entry, everyByte: boolean): Promise<boolean> {
  for (const { name, size, sha256 } of entry.files) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined);
    if (facts?.size !== size) return false;
    const found =
      isWeights(name) && !everyByte
        ? (await hashFiles([path], dirname(folder)))[0]
        : await hashFile(path, { kind: "sha256", hex: sha256 });
    if (found === sha256) continue;
    if (isWeights(name) && everyByte) await rememberHashes([{ path, sha256: found! }], dirname(folder));
    return false;
  }
  return true;
}

/** Removes what killed processes left. */
async function sweepAbandoned(cacheFolder: string): Promise<void> {
  for (const name of await readdir(cacheFolder)) {
    if (!name.endsWith(".partial")) continue;
    const path = join(cacheFolder, name);
    const facts = await stat(path).catch(() => undefined);
    if (!facts) continue;
    if (isOrphan(name) || Date.now() - facts.mtimeMs > ABANDONED_MS)
      await rm(path, { recursive: true, force: true });
  }
}
