import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../models/atomic.js";

const BYTES = 32;

async function read(path: string): Promise<Uint8Array | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const bytes = Buffer.from(text.trim(), "hex");
  return bytes.length === BYTES ? bytes : undefined;
}

/**
 * What signs addresses of pictures, made when it is first asked for: servers on the same folder accept each other's. Only its owner
 * may read the file.
 */
export async function signingSecret(folder: string): Promise<Uint8Array> {
  const path = join(folder, "signing.key");
  const known = await read(path);
  if (known) return known;
  await writeFileAtomic(path, `${randomBytes(BYTES).toString("hex")}\n`, 0o600);
  // Where two servers begin at once the last one's is everybody's.
  return (await read(path))!;
}
