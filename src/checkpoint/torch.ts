import { ClipError } from "../errors.js";
import { type Pickle, readPickle } from "./pickle.js";
import { PickleDict, type StorageReference } from "./pickle-values.js";
import type { FileReader } from "./reader.js";
import { findStateDict, type Scalar } from "./state-dict.js";
import { type StorageBytes, stridedTensor } from "./strided.js";
import { DTYPE_BYTES, type NamedTensor } from "./tensor.js";
import { ZipArchive } from "./zip.js";

/** Bytes of one pickle: a ViT-L training checkpoint's has about 0.3 MB. */
const MOST_PICKLE_BYTES = 2 ** 25;

/** The number that opens torch's legacy form (MAGIC_NUMBER in torch/serialization.py). */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

/** Version of the legacy form, never changed (PROTOCOL_VERSION in torch/serialization.py). */
const LEGACY_VERSION = 1001;

export interface TorchFile {
  readonly format: "torchscript" | "torch-zip" | "torch-legacy";
  readonly tensors: Map<string, NamedTensor>;
  readonly scalars: ReadonlyMap<string, Scalar>;
}

/** torch.save's zip form or a TorchScript archive: `<root>/data.pkl` and a file `<root>/data/<key>` a storage. */
export function readTorchZip(reader: FileReader): TorchFile {
  const zip = new ZipArchive(reader);
  const pickles = [...zip.entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  const [entry] = pickles;
  if (!entry || pickles.length > 1) {
    throw new ClipError(
      "checkpoint.format",
      `Expected one data.pkl in the archive ${reader.name} but found ${pickles.length}.`,
    );
  }
  const root = entry.name.slice(0, -"data.pkl".length);
  const order = zip.entries.get(`${root}byteorder`);
  if (order && new TextDecoder().decode(zip.readChecked(order, 16)).trim() !== "little")
    throw bigEndian(reader);
  const pickle = readPickle(zip.readChecked(entry, MOST_PICKLE_BYTES), `${reader.name}/data.pkl`);
  const { isTorchScript, views, scalars } = findStateDict(pickle.value, reader.name);
  const tensors = new Map<string, NamedTensor>();
  for (const [name, view] of views) {
    const data = zip.entries.get(`${root}data/${view.storage.key}`);
    if (!data) throw missing(name, view.storage.key, reader);
    tensors.set(
      name,
      stridedTensor(name, view, { byteLength: data.size, read: (at, length) => zip.read(data, at, length) }),
    );
  }
  return { format: isTorchScript ? "torchscript" : "torch-zip", tensors, scalars };
}

/** True where a file begins with a pickle that holds the legacy form's number. */
export function looksLikeTorchLegacy(head: Uint8Array): boolean {
  try {
    return readPickle(head, "").value === LEGACY_MAGIC;
  } catch {
    return false;
  }
}

/** torch.save's legacy form: pickles of magic, version, system, contents and storage keys; then each storage in order. */
export function readTorchLegacy(reader: FileReader): TorchFile {
  let at = 0;
  const next = (): Pickle => {
    const pickle = pickleAt(reader, at);
    at += pickle.length;
    return pickle;
  };
  const magic = next().value;
  const version = next().value;
  if (magic !== LEGACY_MAGIC || version !== LEGACY_VERSION) {
    throw new ClipError(
      "checkpoint.format",
      `Expected version ${LEGACY_VERSION} of torch's legacy form in ${reader.name} but received another.`,
    );
  }
  const system = next().value;
  if (system instanceof PickleDict && system.entries.get("little_endian") === false) throw bigEndian(reader);
  const contents = next();
  const keys = next().value;
  const { views, scalars } = findStateDict(contents.value, reader.name);
  const storages = layOut(reader, at, keyList(keys, reader), contents.storages);
  const tensors = new Map<string, NamedTensor>();
  for (const [name, view] of views) {
    const storage = storages.get(view.storage.key);
    if (!storage) throw missing(name, view.storage.key, reader);
    tensors.set(name, stridedTensor(name, view, storage));
  }
  return { format: "torch-legacy", tensors, scalars };
}

/** A pickle of unknown length: tried on growing pieces of the file. */
function pickleAt(reader: FileReader, at: number): Pickle {
  for (let length = 2 ** 16; ; length *= 8) {
    const rest = Math.min(reader.size - at, MOST_PICKLE_BYTES);
    try {
      return readPickle(reader.read(at, Math.min(length, rest)), reader.name);
    } catch (error) {
      const mayBeLonger =
        error instanceof ClipError && error.code === "checkpoint.truncated" && length < rest;
      if (!mayBeLonger) throw error;
    }
  }
}

function keyList(value: unknown, reader: FileReader): string[] {
  const items = typeof value === "object" && value !== null && "items" in value ? value.items : undefined;
  const isKey = (key: unknown): key is string | number => typeof key === "string" || typeof key === "number";
  if (Array.isArray(items) && items.every(isKey)) return items.map(String);
  throw new ClipError(
    "checkpoint.format",
    `Expected a list of storage keys in ${reader.name} but received something else.`,
  );
}

/** Storages follow each other, each an i64 number of elements and its bytes; sizes of elements are in the contents. */
function layOut(
  reader: FileReader,
  from: number,
  keys: string[],
  mentions: readonly StorageReference[],
): Map<string, StorageBytes> {
  const known = new Map(mentions.map((mention) => [mention.key, mention]));
  const result = new Map<string, StorageBytes>();
  let at = from;
  for (const key of keys) {
    const mention = known.get(key);
    const head = reader.read(at, 8);
    const count = Number(new DataView(head.buffer).getBigInt64(0, true));
    if (!mention || count !== mention.length || result.has(key)) {
      const expected = mention ? `${mention.length} elements, once,` : "a mention";
      throw new ClipError(
        "checkpoint.format",
        `Expected ${expected} of the storage ${key} in ${reader.name} but received ${count}.`,
      );
    }
    const byteLength = count * (mention.dtype ? DTYPE_BYTES[mention.dtype] : 1);
    const start = at + 8;
    at = start + byteLength;
    if (at > reader.size) throw reader.truncated(at);
    result.set(key, { byteLength, read: (offset, length) => reader.read(start + offset, length) });
  }
  return result;
}

function missing(name: string, key: string, reader: FileReader): ClipError {
  return new ClipError(
    "checkpoint.truncated",
    `Expected the storage ${key.slice(0, 100)} of ${name} in ${reader.name} but it is not there.`,
  );
}

function bigEndian(reader: FileReader): ClipError {
  return new ClipError(
    "checkpoint.unsupported",
    `Expected little-endian numbers in ${reader.name} but it was written on a big-endian machine.`,
  );
}
