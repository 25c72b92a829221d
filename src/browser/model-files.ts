import { ClipError } from "../errors.js";
import { JsonObject } from "../models/json.js";
import type { ModelManifest } from "../models/manifest.js";
import { featureFiles, parseManifest, revisionText } from "../models/manifest-file.js";
import { type DownloadOptions, fetchBytes, makeKept, verifiedBytes, type WantedFile } from "./download.js";
import { sha256 as hashOf } from "./sha256.js";

/** A list of a few files. */
const MOST_CHECKSUMS = 64 * 1024;
/** Templates and names. */
const MOST_MANIFEST = 1024 * 1024;

const CHECKSUMS = "checksums.json";
const MANIFEST = "zeroclip.json";
/** Ending of the files beside graphs that hold their large weights. */
const WEIGHTS = /\.data$/;

/** A model in a folder of a web server. */
export interface ModelFiles {
  readonly manifest: ModelManifest;
  /** Bytes of a file of it, checked. Raises `download.*`, `model.manifest` for one that is not in its list. */
  read(name: string): Promise<Uint8Array>;
  /** Files that may hold weights of graphs. */
  readonly weights: readonly string[];
}

export interface ModelFilesOptions extends DownloadOptions {
  /** SHA-256 of the folder's checksums.json. */
  readonly sha256: string | undefined;
}

/**
 * The model in a folder: its list of hashes, its manifest, and its files downloaded where the browser keeps them. A folder of
 * another origin is read only where the hash of its list is given. Raises `download.*`, `model.manifest`, `usage.hash`, `aborted`.
 */
export async function openModelFiles(folder: string, options: ModelFilesOptions): Promise<ModelFiles> {
  const list = `${folder}${CHECKSUMS}`;
  const { sha256 } = options;
  if (sha256 === undefined && new URL(folder).origin !== globalThis.location.origin) {
    throw new ClipError(
      "usage.hash",
      `Expected the SHA-256 of ${list} (option sha256) because it is on another site, but received none.`,
    );
  }
  const sums = await readSums(list, options);
  const wanted = (name: string): WantedFile => {
    const found = sums.get(name);
    if (found === undefined)
      throw new ClipError("model.manifest", `Expected ${list} to list ${name} but it does not.`);
    return { folder, address: `${folder}${name}`, sha256: found };
  };
  const manifest = await readManifest(wanted(MANIFEST), options);
  const weights = [...sums.keys()].filter((name) => WEIGHTS.test(name));
  const hashes = featureFiles(manifest).map((name) => wanted(name).sha256);
  // Bytes that no store keeps are held until they are used.
  const held = new Map<string, Uint8Array>();
  for (const name of new Set([...featureFiles(manifest), ...weights])) {
    if (await makeKept(wanted(name), options)) continue;
    held.set(name, await verifiedBytes(wanted(name), { ...options, keep: false }));
  }
  const revision =
    manifest.revision === ""
      ? await hashOf(new TextEncoder().encode(revisionText(manifest, hashes)))
      : manifest.revision;
  return {
    manifest: { ...manifest, revision },
    weights,
    async read(name) {
      const bytes = held.get(name);
      held.delete(name);
      return bytes ?? verifiedBytes(wanted(name), { keep: options.keep });
    },
  };
}

async function readSums(list: string, options: ModelFilesOptions): Promise<Map<string, string>> {
  const { sha256, signal } = options;
  // What another site may put in its place has to have the hash.
  const redirect = sha256 === undefined ? "error" : "follow";
  const bytes = await fetchBytes(list, MOST_CHECKSUMS, { signal, redirect }).catch((error: unknown) => {
    if (!(error instanceof ClipError && error.code === "download.missing")) throw error;
    const message = `Expected a model's folder but there is no ${list}.`;
    throw new ClipError("model.path", message, { cause: error });
  });
  if (sha256 !== undefined) {
    const found = await hashOf(bytes);
    if (found !== sha256.toLowerCase())
      throw new ClipError(
        "download.hash",
        `Expected ${list} to have the SHA-256 ${sha256} but it has ${found}; nothing of it is used.`,
      );
  }
  const sums = JsonObject.parse(new TextDecoder().decode(bytes), list, "model.manifest");
  return new Map(
    Object.keys(sums.fields).map((name) => {
      const hex = sums.string(name);
      if (/[/\\]/.test(name)) throw sums.wrong(name, "a file of this folder");
      if (!/^[0-9a-f]{64}$/.test(hex)) throw sums.wrong(name, "a SHA-256 in hex");
      return [name, hex];
    }),
  );
}

async function readManifest(file: WantedFile, options: ModelFilesOptions): Promise<ModelManifest> {
  const { address } = file;
  const bytes = await verifiedBytes(file, { signal: options.signal, keep: options.keep });
  if (bytes.length > MOST_MANIFEST)
    throw new ClipError(
      "model.manifest",
      `Expected at most ${MOST_MANIFEST} bytes of ${address} but it has ${bytes.length}.`,
    );
  // As in Node, where a folder whose manifest is no JSON is no model folder.
  const { fields } = JsonObject.parse(new TextDecoder().decode(bytes), address, "checkpoint.format");
  return parseManifest(fields, address);
}
