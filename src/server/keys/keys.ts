import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ClipError } from "../../errors.js";
import { writeFileAtomic } from "../../models/atomic.js";
import { acquireLock } from "../../models/lock.js";

/** What a key may do: `read` asks questions, `write` also changes label sets. */
export type Scope = "read" | "write";

/** Signs of a key's name, and keys of a server. */
const [MOST_NAME, MOST_KEYS] = [200, 10_000];

const keySchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  name: z.string().max(MOST_NAME),
  /** SHA-256 of the key. A key has 256 drawn bits, so that nothing slower is needed to guard it. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(["read", "write"])).min(1),
  created: z.iso.datetime(),
});

const fileSchema = z.strictObject({ formatVersion: z.literal(1), keys: z.array(keySchema).max(MOST_KEYS) });

/** A key as it is kept: not the key itself. */
export type KeyRecord = z.infer<typeof keySchema>;

const OWNER_ONLY = 0o600;

/** Where the keys of a home folder lie. */
export function keysFile(home: string): string {
  return join(home, "server", "keys.json");
}

/** The keys that were made; none where there never was one. Raises `server.keys` where the file is damaged. */
export async function readKeys(home: string): Promise<KeyRecord[]> {
  return (await keptKeys(home)) ?? [];
}

/** The same; `undefined` where there is no file of them. */
export async function keptKeys(home: string): Promise<KeyRecord[] | undefined> {
  const path = keysFile(home);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new ClipError("server.keys", `The keys at ${path} can't be read: ${error.message}.`, {
      cause: error,
    });
  });
  if (text === undefined) return undefined;
  try {
    return fileSchema.parse(JSON.parse(text)).keys;
  } catch (error) {
    throw new ClipError("server.keys", `Expected the keys of a server at ${path} but the file is damaged.`, {
      cause: error,
    });
  }
}

/** Changes the keys, one process at a time: the command line and a server may both be at it. */
async function changeKeys(
  home: string,
  change: (keys: readonly KeyRecord[]) => readonly KeyRecord[],
): Promise<void> {
  const path = keysFile(home);
  await using _ = await acquireLock(`${path}.lock`);
  const keys = change(await readKeys(home));
  // More could be written, but not read again.
  if (keys.length > MOST_KEYS)
    throw new ClipError("usage.request", `Expected at most ${MOST_KEYS} keys: remove some first.`);
  await writeFileAtomic(path, `${JSON.stringify({ formatVersion: 1, keys }, null, 2)}\n`, OWNER_ONLY);
}

/** Makes a key. It is told once, here; only its hash is kept. Raises `usage.request` for a name that is none. */
export async function createKey(
  home: string,
  name: string,
  scopes: readonly Scope[],
): Promise<{ key: string; record: KeyRecord }> {
  // A list of keys is read line by line: a name with line breaks would look like several.
  if (name.trim() === "" || name.length > MOST_NAME || /\p{C}/u.test(name))
    throw new ClipError(
      "usage.request",
      `Expected a name of 1 to ${MOST_NAME} signs in one line but received ${JSON.stringify(name.slice(0, 60))}.`,
    );
  const id = randomBytes(6).toString("hex");
  const key = `zc_${id}_${randomBytes(32).toString("base64url")}`;
  const record = { id, name, hash: sha256(key), scopes: [...scopes], created: new Date().toISOString() };
  await changeKeys(home, (keys) => [...keys, record]);
  return { key, record };
}

/** Takes a key away. Raises `server.keys` where there is none of that id. */
export async function removeKey(home: string, id: string): Promise<void> {
  await changeKeys(home, (keys) => {
    const left = keys.filter((key) => key.id !== id);
    if (left.length < keys.length) return left;
    throw new ClipError(
      "server.keys",
      `Expected the id of a key (zeroclip keys list) but received "${id.slice(0, 60)}".`,
    );
  });
}

/** The record of a key, compared in constant time with every key there is. */
export function findKey(keys: readonly KeyRecord[], key: string): KeyRecord | undefined {
  const asked = Buffer.from(sha256(key), "hex");
  let found: KeyRecord | undefined;
  for (const record of keys) if (timingSafeEqual(Buffer.from(record.hash, "hex"), asked)) found = record;
  return found;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
