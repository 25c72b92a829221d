import { createHash } from "node:crypto";
import { FileReader } from "../checkpoint/reader.js";
import { looksLikeSafetensors, readWithMetadata } from "../checkpoint/safetensors.js";
import { type StoredTensor, safetensorsBytes, storedFloats } from "../checkpoint/safetensors-bytes.js";
import type { NamedTensor } from "../checkpoint/tensor.js";
import { asClipError, ClipError } from "../errors.js";
import { type Embedding, stillUnit } from "../math/unit.js";
import { writeFileAtomic } from "../models/atomic.js";
import { JsonObject } from "../models/json.js";
import type { Adapter } from "./adapter.js";
import type { Head } from "./head.js";
import { METHODS } from "./methods/method.js";
import { flat } from "./rows.js";
import { hasHeldOut, MOST_SHOTS, MOST_UNLABELLED } from "./shots.js";

const CODE = "fewshot.adapter";
/** Vectors of all pictures and as many again of a head, of 4,096 numbers. */
const MOST_BYTES = (2 * MOST_SHOTS + MOST_UNLABELLED) * 4096 * 4;
const MOST_LABELS = 100_000;

const f32 = storedFloats;
const i32 = (values: Int32Array): StoredTensor => ({
  dtype: "I32",
  shape: [values.length],
  bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});
const rows = (all: readonly Float32Array[], width = all[0]?.length ?? 0): StoredTensor =>
  f32(flat(all), all.length, width);

/** A head's tensors, and what else it has, for JSON. */
function parts(head: Head): { readonly tensors: Record<string, StoredTensor>; readonly rest: object } {
  switch (head.kind) {
    case "words":
      return { tensors: {}, rest: { kind: head.kind } };
    case "cache":
      return {
        tensors: { "head.keys": rows(head.keys), "head.values": i32(head.values) },
        rest: { kind: head.kind, alpha: head.alpha, beta: head.beta },
      };
    case "linear":
      return {
        tensors: {
          "head.vectors": rows(head.vectors),
          "head.bias": f32(head.bias, head.bias.length),
          "head.gain": f32(head.gain, head.gain.length),
        },
        rest: { kind: head.kind },
      };
    case "bottleneck":
      return {
        tensors: { "head.down": rows(head.down), "head.up": rows(head.up), "head.texts": rows(head.texts) },
        rest: { kind: head.kind, ratio: head.ratio },
      };
  }
}

/** Writes an adapter as safetensors, whole or not at all: vectors as tensors, all else as JSON in its metadata. Raises `fewshot.adapter`. */
export async function writeAdapter(path: string, adapter: Adapter): Promise<void> {
  try {
    await writeFileAtomic(path, adapterBytes(adapter));
  } catch (error) {
    throw asClipError(error, CODE);
  }
}

/** The file's bytes: the same for the same adapter. */
export function adapterBytes({ head, features, truth, unlabelled, ...facts }: Adapter): Uint8Array {
  const { tensors, rest } = parts(head);
  const all: Record<string, StoredTensor> = {
    "shots.features": rows(features, facts.model.dim),
    "shots.truth": i32(truth),
    ...(unlabelled ? { "shots.unlabelled": rows(unlabelled, facts.model.dim) } : {}),
    ...tensors,
  };
  const zeroclip = JSON.stringify({ formatVersion: 1, ...facts, head: rest });
  const stored = Object.entries(all).map(([name, { bytes }]) => [name, bytes] as const);
  return safetensorsBytes(all, { zeroclip, sha256: hashOf(zeroclip, stored) });
}

/** SHA-256 of all that an adapter says: a zero that was written over a number is a number, too, and only this tells. */
function hashOf(facts: string, tensors: readonly (readonly [name: string, bytes: Uint8Array])[]): string {
  const hash = createHash("sha256").update(facts);
  const sorted = tensors.toSorted(([one], [other]) => (one < other ? -1 : 1));
  for (const [name, bytes] of sorted) hash.update(`\0${name} ${bytes.length}\0`).update(bytes);
  return hash.digest("hex");
}

/** Reads and checks a file of `zeroclip fewshot fit`. Raises `fewshot.adapter`. */
export function readAdapter(path: string): Adapter {
  const where = path === "" ? '""' : path;
  try {
    return readFrom(openReader(path, where), path);
  } catch (error) {
    if (!(error instanceof ClipError) || error.code === CODE) throw error;
    const why =
      error.code === "checkpoint.truncated"
        ? "it ends early: it is cut short or damaged."
        : `it can't be read: ${error.message}`;
    throw new ClipError(CODE, `Expected an adapter's file at ${where} but ${why}`, { cause: error });
  }
}

function readFrom(reader: FileReader, path: string): Adapter {
  try {
    if (reader.size > MOST_BYTES)
      throw new ClipError(
        CODE,
        `Expected at most ${MOST_BYTES} bytes of an adapter but ${path} has ${reader.size}.`,
      );
    if (!looksLikeSafetensors(reader.read(0, Math.min(9, reader.size))))
      throw new ClipError(
        CODE,
        `Expected an adapter's file (.safetensors) at ${path} but it is something else.`,
      );
    const { tensors, metadata } = readWithMetadata(reader);
    const text = metadata.zeroclip;
    if (text === undefined)
      throw new ClipError(
        CODE,
        `Expected ${path} to be made by "zeroclip fewshot fit" but it has none of its metadata.`,
      );
    const adapter = adapterOf(JsonObject.parse(text, path, CODE), tensors);
    const stored = Array.from(tensors, ([name, tensor]) => [name, tensor.read()] as const);
    if (metadata.sha256 !== hashOf(text, stored))
      throw new ClipError(
        CODE,
        `Expected ${path} as "zeroclip fewshot fit" wrote it but something else is in it: it is damaged or was changed.`,
      );
    return adapter;
  } finally {
    reader.close();
  }
}

function openReader(path: string, where: string): FileReader {
  try {
    return new FileReader(path);
  } catch (error) {
    const code = error instanceof ClipError ? error.code : "";
    if (code !== "checkpoint.not-found" && code !== "checkpoint.format") throw error;
    const found = code === "checkpoint.format" ? "a folder, or no file, is there" : "nothing is there";
    throw new ClipError(CODE, `Expected an adapter's file at ${where} but ${found}.`, { cause: error });
  }
}

/** A number from, or above, `least`. */
function bounded(
  json: JsonObject,
  key: string,
  kind: "from" | "above",
  least: number,
  most = Infinity,
): number {
  const value = json.number(key);
  if ((kind === "from" ? value >= least : value > least) && value <= most) return value;
  throw json.wrong(key, `a number ${kind} ${least}${most < Infinity ? ` to ${most}` : ""}`);
}

function adapterOf(json: JsonObject, tensors: ReadonlyMap<string, NamedTensor>): Adapter {
  json.integer("formatVersion", 1, 1, 1);
  const model = json.object("model");
  const labels = json.strings("labels");
  if (labels.length < 2 || labels.length > MOST_LABELS)
    throw json.wrong("labels", `2 to ${MOST_LABELS} labels`);
  const dim = model.integer("dim", 1, 65_536);
  const truth = positions(tensors, "shots.truth", labels.length);
  const pictures = (name: string): Embedding[] =>
    vectors(tensors, name, dim).map((vector) => {
      const one = stillUnit(vector);
      if (one) return one;
      throw new ClipError(
        CODE,
        `Expected vectors of length 1 in ${name} of ${json.where} but there are others.`,
      );
    });
  const features = pictures("shots.features");
  if (features.length !== truth.length) throw json.wrong("shots.truth", `${features.length} numbers`);
  const settings = json.object("settings");
  return {
    model: {
      name: model.string("name"),
      revision: model.string("revision"),
      precision: model.string("precision"),
      dim,
      logitScale: bounded(model, "logitScale", "above", 0),
    },
    labels,
    templates: json.strings("templates"),
    method: json.oneOf("method", METHODS),
    asked: json.oneOf("asked", ["auto", ...METHODS]),
    settings: Object.fromEntries(Object.keys(settings.fields).map((key) => [key, settings.number(key)])),
    seed: json.integer("seed", 0, 2 ** 32 - 1),
    shift: json.number("shift"),
    scale: bounded(json, "scale", "above", 0),
    // Files of before hold figures also where nothing could be held out.
    heldOut: hasHeldOut({ labels, truth }) ? heldOutOf(json) : [],
    head: headOf(json.object("head"), tensors, labels.length, dim),
    features,
    truth,
    ...(tensors.has("shots.unlabelled") ? { unlabelled: pictures("shots.unlabelled") } : {}),
  };
}

function heldOutOf(json: JsonObject): Adapter["heldOut"] {
  const list = json.fields.heldOut;
  if (!Array.isArray(list)) throw json.wrong("heldOut", "a list");
  return list.map((one) => {
    const entry = JsonObject.of(one, `${json.where}: heldOut`, CODE);
    return {
      method: entry.oneOf("method", METHODS),
      accuracy: entry.number("accuracy"),
      loss: entry.number("loss"),
    };
  });
}

function headOf(
  json: JsonObject,
  tensors: ReadonlyMap<string, NamedTensor>,
  labels: number,
  dim: number,
): Head {
  const count = <T>(name: string, expected: number, found: readonly T[]): readonly T[] => {
    if (found.length === expected) return found;
    throw new ClipError(
      CODE,
      `Expected ${expected} rows of ${name} in ${json.where} but it has ${found.length}.`,
    );
  };
  const kind = json.oneOf("kind", ["words", "cache", "linear", "bottleneck"]);
  switch (kind) {
    case "words":
      return { kind };
    case "cache": {
      const values = positions(tensors, "head.values", labels);
      const keys = count("head.keys", values.length, vectors(tensors, "head.keys", dim));
      return {
        ...{ kind, keys, values },
        alpha: bounded(json, "alpha", "from", 0),
        beta: bounded(json, "beta", "above", 0),
      };
    }
    case "linear":
      return {
        kind,
        vectors: count("head.vectors", labels, vectors(tensors, "head.vectors", dim)),
        bias: numbers(tensors, "head.bias", labels),
        gain: numbers(tensors, "head.gain", labels),
      };
    case "bottleneck": {
      const down = vectors(tensors, "head.down", dim);
      return {
        kind,
        down,
        up: count("head.up", dim, vectors(tensors, "head.up", down.length)),
        ratio: bounded(json, "ratio", "from", 0, 1),
        texts: count("head.texts", labels, vectors(tensors, "head.texts", dim)),
      };
    }
  }
}

function tensorOf(
  tensors: ReadonlyMap<string, NamedTensor>,
  name: string,
  dtype: "f32" | "i32",
): NamedTensor {
  const tensor = tensors.get(name);
  if (tensor?.dtype === dtype) return tensor;
  throw new ClipError(
    CODE,
    `Expected the tensor ${name} of ${dtype} in an adapter but it has ${tensor?.dtype ?? "none"}.`,
  );
}

/** A tensor's numbers, all of them finite. */
function finite(tensor: NamedTensor): Float32Array {
  const bytes = tensor.read();
  const values = new Float32Array(bytes.slice().buffer, 0, bytes.length / 4);
  if (values.every(Number.isFinite)) return values;
  throw new ClipError(CODE, `Expected finite numbers in ${tensor.name} of an adapter but it has others.`);
}

function numbers(tensors: ReadonlyMap<string, NamedTensor>, name: string, count: number): Float32Array {
  const values = finite(tensorOf(tensors, name, "f32"));
  if (values.length === count) return values;
  throw new ClipError(
    CODE,
    `Expected ${count} numbers in ${name} of an adapter but it has ${values.length}.`,
  );
}

function vectors(tensors: ReadonlyMap<string, NamedTensor>, name: string, width: number): Float32Array[] {
  const tensor = tensorOf(tensors, name, "f32");
  const [count, columns] = tensor.shape;
  if (tensor.shape.length !== 2 || columns !== width)
    throw new ClipError(
      CODE,
      `Expected ${name} of an adapter as [n, ${width}] but it is [${tensor.shape.join(", ")}].`,
    );
  const values = finite(tensor);
  return Array.from({ length: count! }, (_, i) => values.slice(i * width, (i + 1) * width));
}

function positions(tensors: ReadonlyMap<string, NamedTensor>, name: string, labels: number): Int32Array {
  const bytes = tensorOf(tensors, name, "i32").read();
  const values = new Int32Array(bytes.slice().buffer, 0, bytes.length / 4);
  if (values.every((value) => value >= 0 && value < labels)) return values;
  throw new ClipError(
    CODE,
    `Expected numbers from 0 to ${labels - 1} in ${name} of an adapter but it has others.`,
  );
}
