import { createHash } from "node:crypto";
import { FileReader } from "../../checkpoint/reader.js";
import { readWithMetadata } from "../../checkpoint/safetensors.js";
import { type StoredTensor, safetensorsBytes, storedFloats } from "../../checkpoint/safetensors-bytes.js";
import { ClipError, whyNotWritten } from "../../errors.js";
import { writeFileAtomic } from "../../models/atomic.js";
import { JsonObject } from "../../models/json.js";
import { acquireFree, type HeldLock } from "../../models/lock.js";
import { type Moments, type Tensors, zeros } from "./adam.js";
import type { TrainSettings } from "./options.js";

const CODE = "robust.training";

/** Losses on held-out pictures at one look; `clean`: of the pictures as they are. */
export interface Look {
  readonly update: number;
  readonly attacked: number;
  readonly clean: number;
}

/** All that a training goes on from. */
export interface TrainState {
  /** Updates that are done. */
  update: number;
  readonly weights: Tensors;
  readonly moments: Moments;
  /** The weights of the best look. */
  best: Tensors;
  readonly looks: Look[];
}

/** A training before its first update. */
export function freshState(weights: Tensors): TrainState {
  return {
    update: 0,
    weights,
    moments: { first: zeros(weights), second: zeros(weights) },
    best: copied(weights),
    looks: [],
  };
}

export function copied(tensors: Tensors): Tensors {
  return new Map([...tensors].map(([name, values]) => [name, values.slice()]));
}

/** What a training is known by: the same only where the same numbers would come out. */
export interface TrainingKey {
  /** Of the model and the pictures. */
  readonly data: string;
  readonly settings: TrainSettings;
}

export function trainingKey(settings: TrainSettings, data: object): TrainingKey {
  return { settings, data: createHash("sha256").update(JSON.stringify(data)).digest("hex") };
}

/** Keeps a training, whole or not at all. Raises `robust.training`. */
export async function writeState(path: string, key: TrainingKey, state: TrainState): Promise<void> {
  const { update, looks, weights, moments, best } = state;
  const groups = { weight: weights, first: moments.first, second: moments.second, best };
  const tensors: Record<string, StoredTensor> = {};
  for (const [group, values] of Object.entries(groups))
    for (const [name, data] of values) tensors[`${group}/${name}`] = storedFloats(data, data.length);
  const bytes = safetensorsBytes(tensors, { zeroclip: JSON.stringify({ ...key, update, looks }) });
  await writeFileAtomic(path, bytes).catch((error: unknown) => {
    throw unkept(path, error);
  });
}

function unkept(path: string, cause: unknown): ClipError {
  const message = `Expected to keep the training in ${path} but can't: ${whyNotWritten(cause)}.`;
  return new ClipError(CODE, message, { cause });
}

/** Two processes that train into one folder would go on from one another's updates. Raises `robust.training`. */
export async function lockTraining(path: string): Promise<HeldLock> {
  const message = `Expected to train into ${path} but another process does: wait for it, or name another folder.`;
  const busy = (cause: ClipError) => new ClipError(CODE, message, { cause });
  return acquireFree(`${path}.lock`, busy).catch((error: unknown) => {
    throw error instanceof ClipError ? error : unkept(path, error);
  });
}

/** Opens a kept training, where there is one, and compares what it is of. */
function withKept<T>(
  path: string,
  key: TrainingKey,
  use: (json: JsonObject, tensors: ReturnType<typeof readWithMetadata>["tensors"]) => T,
): T | undefined {
  let reader: FileReader;
  try {
    reader = new FileReader(path);
  } catch (error) {
    if (error instanceof ClipError && error.code === "checkpoint.not-found") return undefined;
    throw error;
  }
  try {
    const { tensors, metadata } = readWithMetadata(reader);
    const json = JsonObject.parse(metadata.zeroclip ?? "null", path, CODE);
    const others = differing(json, key);
    if (others.length > 0) {
      const message = `Expected the training kept in ${path} to go on with but it was begun with other ${others.join(", ")}: give those again, remove it, or name another folder.`;
      throw new ClipError(CODE, message);
    }
    return use(json, tensors);
  } finally {
    reader.close();
  }
}

/** What a kept training has otherwise, in words. */
function differing(json: JsonObject, { settings, data }: TrainingKey): string[] {
  const kept = json.object("settings").fields;
  const names = Object.keys(settings) as (keyof TrainSettings)[];
  return [
    ...names.filter((name) => kept[name] !== settings[name]),
    ...(json.string("data") === data ? [] : ["model or pictures"]),
  ];
}

/** Told before pictures are read and graphs are made. Raises `robust.training` for a kept training of something else, `checkpoint.*`. */
export function checkKept(path: string, key: TrainingKey): void {
  withKept(path, key, () => undefined);
}

/** A kept training → what goes on, in the arrays of a fresh one; false where none is there. Raises `robust.training`, `checkpoint.*`. */
export function readState(path: string, key: TrainingKey, state: TrainState): boolean {
  const read = withKept(path, key, (json, tensors) => {
    const groups = {
      weight: state.weights,
      first: state.moments.first,
      second: state.moments.second,
      best: state.best,
    };
    for (const [group, values] of Object.entries(groups)) {
      for (const [name, data] of values) {
        const tensor = tensors.get(`${group}/${name}`);
        if (tensor?.byteLength !== data.byteLength)
          throw json.wrong(name, `${data.length} numbers in ${group}`);
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength).set(tensor.read());
      }
    }
    state.update = json.integer("update", 0, Number.MAX_SAFE_INTEGER);
    state.looks.push(...looksOf(json));
    return true;
  });
  return read ?? false;
}

function looksOf(json: JsonObject): Look[] {
  const list = json.fields["looks"];
  if (!Array.isArray(list)) throw json.wrong("looks", "a list");
  return list.map((one) => {
    const look = JsonObject.of(one, `${json.where}: looks`, CODE);
    return { update: look.number("update"), attacked: look.number("attacked"), clean: look.number("clean") };
  });
}
