import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ClipError, throwIfAborted } from "../errors.js";
import type { OpenedModel } from "../models/manifest.js";
import { featureFiles } from "../models/manifest-file.js";
import { manifestJson } from "../models/manifest-json.js";
import { isWeights, writeSynced } from "../models/write-tower.js";

/** A file to be hosted, and how long it is. */
export interface HostedFile {
  readonly name: string;
  readonly bytes: number;
}

/** Licences and cards, which go along with a model. */
const PAPERS = /\.(?:md|txt)$/i;

/**
 * Writes a model as `zeroclip/browser` reads it, into an empty folder: its towers and tokenizer, its manifest, and checksums.json. Raises
 * `model.unsupported` for towers that take planes of floats, `aborted`.
 */
export async function writeHostedModel(
  { folder, manifest }: OpenedModel,
  to: string,
  signal?: AbortSignal,
): Promise<{ readonly files: readonly HostedFile[]; readonly sha256: string }> {
  if (manifest.image.pixels.layout !== "u8-nhwc") {
    const message = `Expected a model whose towers zeroclip compiled but ${manifest.name} is ONNX files of others, which a browser is not given: compile it from its weights.`;
    throw new ClipError("model.unsupported", message);
  }
  const there = await readdir(folder);
  const names = [
    ...new Set(featureFiles(manifest)),
    ...there.filter(isWeights),
    ...there.filter((name) => PAPERS.test(name)),
  ];
  const files: HostedFile[] = [];
  const sums: Record<string, string> = {};
  const put = async (name: string, chunks: Parameters<typeof writeSynced>[2]): Promise<void> => {
    throwIfAborted(signal);
    const { size, sha256 } = await writeSynced(to, name, chunks);
    files.push({ name, bytes: size });
    if (!PAPERS.test(name)) sums[name] = sha256;
  };
  for (const name of names) await put(name, createReadStream(join(folder, name), { highWaterMark: 1 << 20 }));
  // The revision as this machine knows it: vectors of both worlds may be compared.
  const json = JSON.stringify({ ...manifestJson(manifest), revision: manifest.revision }, null, 2);
  await put("zeroclip.json", [Buffer.from(`${json}\n`)]);
  const list = Buffer.from(`${JSON.stringify(sums, null, 2)}\n`);
  await put("checksums.json", [list]);
  return { files, sha256: createHash("sha256").update(list).digest("hex") };
}

/** The files of a folder that runs in browsers, read into memory one by one by what copies them. */
export async function* filesUnder(
  folder: string,
): AsyncGenerator<{ readonly name: string; readonly bytes: Buffer }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    yield { name: path.slice(folder.length + 1), bytes: await readFile(path) };
  }
}
