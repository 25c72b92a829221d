import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClipError } from "../errors.js";
import { writeFileAtomic } from "./atomic.js";
import { type Checksum, hashFile } from "./checksum.js";
import { systemClock } from "./clock.js";
import { downloadFile } from "./download.js";
import { removePartials } from "./partial.js";
import { originalAddress, REGISTRY, type RegistryEntry } from "./registry.js";
import {
  type FileCheck,
  httpAddress,
  openNetwork,
  type PullOptions,
  type StoredModel,
} from "./store-options.js";

/** Written beside a file that hashed right; while size and time of the file stay, it need not be hashed again. */
interface Verified {
  readonly sha256: string;
  readonly bytes: number;
  readonly mtimeMs: number;
  readonly verifiedAt: string;
}

/** Where an entry's file lies, and where a person may put it by hand. */
function entryPath(entry: RegistryEntry, home: string): string {
  return join(home, "models", entry.file);
}

const recordPath = (path: string): string => `${path}.verified`;
const checksumOf = (entry: RegistryEntry): Checksum => ({ kind: "sha256", hex: entry.sha256 });

/** OpenAI itself publishes no size: two per cent around the listed one, so that a slip there keeps no right file out. */
function sizeRange(entry: RegistryEntry): { min: number; max: number } {
  return { min: Math.floor(entry.bytes * 0.98), max: Math.ceil(entry.bytes * 1.02) };
}

async function readRecord(path: string, entry: RegistryEntry): Promise<Verified | undefined> {
  try {
    const facts = await stat(path);
    const record = JSON.parse(await readFile(recordPath(path), "utf8")) as Verified;
    const same = record.bytes === facts.size && record.mtimeMs === facts.mtimeMs;
    return same && record.sha256 === entry.sha256 ? record : undefined;
  } catch {
    return undefined;
  }
}

async function writeRecord(path: string, entry: RegistryEntry, now: number): Promise<Verified> {
  const { size, mtimeMs } = await stat(path);
  const record = { sha256: entry.sha256, bytes: size, mtimeMs, verifiedAt: new Date(now).toISOString() };
  await writeFileAtomic(recordPath(path), `${JSON.stringify(record)}\n`);
  return record;
}

function stored(
  entry: RegistryEntry,
  path: string,
  bytes: number,
  record: Verified | undefined,
): StoredModel {
  const { name, sha256 } = entry;
  const verified = record === undefined ? {} : { verifiedAt: record.verifiedAt };
  return { name, kind: "registry", path, bytes, sha256, ...verified };
}

/** What is there of an entry, without hashing it; undefined where nothing is. */
async function lookAtEntry(entry: RegistryEntry, home: string): Promise<StoredModel | undefined> {
  const path = entryPath(entry, home);
  const facts = await stat(path).catch(() => undefined);
  return facts?.isFile() ? stored(entry, path, facts.size, await readRecord(path, entry)) : undefined;
}

/**
 * The entry's file, verified: a file put there by hand (or changed since) is hashed first. Undefined where there is
 * none. Errors: `model.damaged` where it is another file.
 */
export async function findEntryFile(
  entry: RegistryEntry,
  home: string,
  options: Pick<PullOptions, "signal" | "clock"> = {},
): Promise<StoredModel | undefined> {
  const found = await lookAtEntry(entry, home);
  if (found === undefined || found.verifiedAt !== undefined) return found;
  const check = await checkEntry(entry, home, options);
  if (!check.ok) {
    const sentence = `Expected ${found.path} to have the SHA-256 ${entry.sha256} but it has ${check.actual ?? "vanished"}; remove it, or pull ${entry.name} again.`;
    throw new ClipError("model.damaged", sentence);
  }
  return { ...found, verifiedAt: new Date((options.clock ?? systemClock).now()).toISOString() };
}

/** Hashes the entry's file and remembers the outcome, where the folder can be written to. */
export async function checkEntry(
  entry: RegistryEntry,
  home: string,
  options: Pick<PullOptions, "signal" | "clock"> = {},
): Promise<FileCheck> {
  const path = entryPath(entry, home);
  const expected = entry.sha256;
  if ((await stat(path).catch(() => undefined)) === undefined) return { path, expected, ok: false };
  const actual = await hashFile(path, checksumOf(entry), options.signal);
  const ok = actual === expected;
  if (ok) await writeRecord(path, entry, (options.clock ?? systemClock).now()).catch(() => undefined);
  else await rm(recordPath(path), { force: true }).catch(() => undefined);
  return { path, expected, actual, ok };
}

/** How to get an entry's file without this program. */
export function byHand(entry: RegistryEntry, home: string): string {
  return `put ${entry.file} (SHA-256 ${entry.sha256}, from ${originalAddress(entry)}) by hand at ${entryPath(entry, home)}`;
}

function ifDamaged(error: unknown): undefined {
  if (!(error instanceof ClipError) || error.code !== "model.damaged") throw error;
}

/** Downloads and verifies an entry's file; one that is there and right is kept. Errors: those of `downloadFile`. */
export async function pullEntry(entry: RegistryEntry, options: PullOptions): Promise<StoredModel> {
  const path = entryPath(entry, options.home);
  const mirror = httpAddress("mirror", options.mirror, undefined);
  const fromMirror = [`${mirror}/${entry.sha256}/${entry.file}`, `${mirror}/${entry.file}`];
  const urls = mirror === undefined ? [originalAddress(entry)] : fromMirror;
  const known = await findEntryFile(entry, options.home, options).catch(ifDamaged);
  if (known !== undefined) return known;
  await using network = openNetwork(options);
  try {
    await downloadFile({ urls, checksum: checksumOf(entry), size: sizeRange(entry) }, path, network.transfer);
  } catch (error) {
    if (!(error instanceof ClipError) || !/^download\.(?!disk|lock)/.test(error.code)) throw error;
    const reason = error.message.replace(/\.$/, "");
    const sentence = `Could not download ${entry.file}: ${reason}; try again, name a mirror (ZEROCLIP_MIRROR), or ${byHand(entry, options.home)}; with --offline or ZEROCLIP_OFFLINE=1 nothing is asked of the network.`;
    throw new ClipError(error.code, sentence, { cause: error });
  }
  const record = await writeRecord(path, entry, network.clock.now());
  return stored(entry, path, record.bytes, record);
}

/** All entries that are on this machine, in the registry's order. */
export async function listEntries(home: string): Promise<StoredModel[]> {
  const found = await Promise.all(REGISTRY.map((entry) => lookAtEntry(entry, home)));
  return found.filter((model) => model !== undefined);
}

/** Removes an entry's file and what unfinished downloads left; resolves to the bytes of the file, 0 where none was. */
export async function removeEntry(entry: RegistryEntry, home: string): Promise<number> {
  const path = entryPath(entry, home);
  const bytes = (await stat(path).catch(() => undefined))?.size ?? 0;
  await rm(path, { force: true });
  await rm(recordPath(path), { force: true });
  await removePartials(path);
  return bytes;
}
