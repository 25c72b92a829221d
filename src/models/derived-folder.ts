import { createHash } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { ClipError, type ErrorCode } from "../errors.js";
import { partialName, publishFolder } from "./atomic.js";
import { makeFolder } from "./folder.js";
import type { ModelManifest } from "./manifest.js";
import { manifestJson } from "./manifest-json.js";
import { asWritten, type WrittenFile, writeSynced } from "./write-tower.js";

/** What was written of a model that another was made of. */
export interface Derived {
  readonly files: readonly WrittenFile[];
  /** What differs from the other's manifest. */
  readonly changes: Partial<ModelManifest>;
  /** How it was made, for people; it is no part of how the model runs. */
  readonly record: Readonly<Record<string, object>>;
}

/** Raises `code` where something is in the way of a new folder. */
export async function checkNew(out: string, code: ErrorCode): Promise<void> {
  if ((await stat(out).catch(() => undefined)) === undefined) return;
  throw new ClipError(
    code,
    `Expected a folder that is not there yet but ${out} is: name another for the new model.`,
  );
}

/**
 * Writes a model that was made of another as a folder that `--model` opens, whole or not at all; `write` puts its files into
 * the folder that it is given. Raises `code` where something is in the way, and what `write` does.
 */
export async function writeDerived(
  out: string,
  code: ErrorCode,
  of: ModelManifest,
  write: (folder: string) => Promise<Derived>,
): Promise<ModelManifest> {
  await checkNew(out, code);
  const folder = partialName(resolve(out));
  try {
    await makeFolder(folder);
    const { files, changes, record } = await write(folder);
    const revision = createHash("sha256")
      .update(JSON.stringify({ of: of.revision, files }))
      .digest("hex");
    const manifest: ModelManifest = {
      ...{ ...of, ...asWritten(of) },
      ...{ name: basename(resolve(out)), revision },
      ...changes,
    };
    const json = JSON.stringify({ ...manifestJson(manifest), revision, ...record }, null, 2);
    await writeSynced(folder, "zeroclip.json", [Buffer.from(`${json}\n`)]);
    if (!(await publishFolder(folder, resolve(out)))) await checkNew(out, code);
    return manifest;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
