import { type FileHandle, open, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../models/atomic.js";
import { acquireLock } from "../models/lock.js";
import { KEY_BYTES, KeyTable, keyText } from "./key-table.js";
import {
  appendRecords,
  createSegment,
  MOST_RECORDS,
  readKeys,
  readRecords,
  recordBytes,
  type Wanted,
} from "./segment.js";
import {
  makeRoom,
  readRecord,
  SPACE_FILE,
  type SpaceFacts,
  segmentName,
  segmentNames,
  spaceName,
} from "./space.js";

/** Bytes of a full segment: what is given up at once where room is needed, at most an eighth of the bound. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
/** Vectors that wait in memory to be written: a kill loses no more. */
const PENDING_BYTES = 4 * 1024 * 1024;
/** Or this long, ms. */
const PENDING_MS = 2_000;
/** How long, ms, another process's writing is waited for: it takes milliseconds, and the store only saves work. */
const PATIENCE_MS = 2_000;
/** Failed writings in a row after which no more is tried: a full disk, a folder without rights. */
const MOST_FAILURES = 3;
/** How often, ms, a segment that is read is marked as used. */
const TOUCH_MS = 60_000;

interface Segment {
  readonly name: string;
  readonly capacity: number;
  count: number;
  /** Opened at the first reading. */
  file?: Promise<FileHandle>;
  touchedMs: number;
}

interface Pending {
  readonly key: Uint8Array;
  readonly vector: Float32Array;
}

export interface StoreOptions {
  /** Folder whose spaces share the bound. */
  readonly folder: string;
  readonly facts: SpaceFacts;
  /** The model's name, for listings. */
  readonly model: string;
  /** Most bytes of all spaces in `folder`. */
  readonly mostBytes: number;
}

/**
 * Vectors by key on disk, those of one space. It only saves work: whatever fails (damage, a full disk, no rights, another
 * process that holds the lock) costs an entry and raises nothing. Several processes may use one folder at once.
 */
export class VectorStore implements AsyncDisposable {
  readonly #options: StoreOptions;
  readonly #space: string;
  readonly #table = new KeyTable();
  readonly #segments: Segment[] = [];
  readonly #pending = new Map<string, Pending>();
  #loaded: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#space = join(options.folder, spaceName(options.facts));
  }

  /** One vector a key, bit for bit what was put, or undefined. */
  async get(keys: readonly Uint8Array[]): Promise<(Float32Array | undefined)[]> {
    this.#loaded ??= this.#load();
    await this.#loaded;
    const out = new Array<Float32Array | undefined>(keys.length);
    const wanted = new Map<Segment, Wanted[]>();
    for (const [at, key] of keys.entries()) {
      const waiting = this.#pending.size > 0 ? this.#pending.get(keyText(key)) : undefined;
      if (waiting) out[at] = waiting.vector.slice();
      const place = waiting ? undefined : this.#table.get(key);
      if (place === undefined) continue;
      const segment = this.#segments[Math.floor(place / MOST_RECORDS)]!;
      const list = wanted.get(segment);
      const one = { slot: place % MOST_RECORDS, key, at };
      if (list) list.push(one);
      else wanted.set(segment, [one]);
    }
    for (const [segment, list] of wanted) {
      await this.#read(segment, list, (at, vector) => {
        out[at] = vector;
      }).catch(() => undefined);
    }
    return out;
  }

  /** Takes a copy; it is written with others, soon. Resolves when there is room for more. */
  async put(key: Uint8Array, vector: Float32Array): Promise<void> {
    if (this.#failures >= MOST_FAILURES) return;
    this.#pending.set(keyText(key), { key: key.slice(0, KEY_BYTES), vector: vector.slice() });
    if (this.#pending.size * recordBytes(this.#options.facts.dim) >= PENDING_BYTES) return this.flush();
    this.#timer ??= setTimeout(() => void this.flush(), PENDING_MS).unref();
  }

  /** Writes what waits. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    await this.#loaded;
    for (const segment of this.#segments) await closeFile(segment);
  }

  async #load(): Promise<void> {
    const names = await segmentNames(this.#space);
    // Segments without it are told of nobody, and cleared by no name.
    const described = names.length > 0 ? this.#describe().catch(() => undefined) : undefined;
    for (const name of names) await this.#learn(name).catch(() => undefined);
    await described;
  }

  /** Writes whose vectors these are, where that is not said or can't be read. */
  async #describe(): Promise<void> {
    if (await readRecord(this.#space)) return;
    const { facts, model } = this.#options;
    const record = `${JSON.stringify({ model, ...facts }, undefined, 1)}\n`;
    await writeFileAtomic(join(this.#space, SPACE_FILE), record);
  }

  /** Reads a segment's keys, and learns those that are new; one that is damaged is removed. */
  async #learn(name: string): Promise<Segment | undefined> {
    const path = join(this.#space, name);
    const found = await readKeys(path, this.#options.facts.dim);
    if (found === undefined) {
      await rm(path, { force: true }).catch(() => undefined);
      return undefined;
    }
    let position = this.#segments.findIndex((segment) => segment.name === name);
    if (position < 0) {
      position = this.#segments.length;
      this.#segments.push({ name, capacity: found.capacity, count: 0, touchedMs: 0 });
    }
    const segment = this.#segments[position]!;
    const count = found.keys.length / KEY_BYTES;
    for (let slot = segment.count; slot < count; slot++) {
      this.#table.set(
        found.keys.subarray(slot * KEY_BYTES, (slot + 1) * KEY_BYTES),
        position * MOST_RECORDS + slot,
      );
    }
    segment.count = count;
    return segment;
  }

  async #read(
    segment: Segment,
    wanted: readonly Wanted[],
    found: (at: number, vector: Float32Array) => void,
  ): Promise<void> {
    const path = join(this.#space, segment.name);
    segment.file ??= open(path, "r");
    const shape = { dim: this.#options.facts.dim, capacity: segment.capacity };
    await readRecords(await segment.file, shape, wanted, found);
    const now = Date.now();
    if (now - segment.touchedMs < TOUCH_MS) return;
    segment.touchedMs = now;
    // Nobody waits for it: it only says which segment was used last.
    void utimes(path, new Date(now), new Date(now)).catch(() => undefined);
  }

  async #write(): Promise<void> {
    const records = [...this.#pending.values()];
    if (records.length === 0) return;
    try {
      await this.#append(records);
      this.#failures = 0;
    } catch {
      this.#failures += 1;
    }
    for (const { key, vector } of records) {
      const name = keyText(key);
      if (this.#pending.get(name)?.vector === vector) this.#pending.delete(name);
    }
  }

  async #append(records: readonly Pending[]): Promise<void> {
    const { facts, mostBytes, folder } = this.#options;
    await using _lock = await acquireLock(join(this.#space, "lock"), {
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await this.#describe();
    this.#loaded ??= this.#load();
    await this.#loaded;
    for (let done = 0; done < records.length; ) {
      const segment = await this.#openSegment();
      const shape = { dim: facts.dim, capacity: segment.capacity };
      const part = records.slice(done, done + segment.capacity - segment.count);
      const path = join(this.#space, segment.name);
      await makeRoom(folder, part.length * recordBytes(facts.dim), mostBytes, path);
      await appendRecords(path, shape, segment.count, part);
      const first = this.#segments.indexOf(segment) * MOST_RECORDS + segment.count;
      for (const [i, { key }] of part.entries()) this.#table.set(key, first + i);
      segment.count += part.length;
      done += part.length;
    }
  }

  /** The last segment as it is now on disk, or a new one where that is full, gone or damaged. */
  async #openSegment(): Promise<Segment> {
    const { facts, mostBytes } = this.#options;
    const last = (await segmentNames(this.#space)).at(-1);
    const segment = last === undefined ? undefined : await this.#learn(last);
    if (segment && segment.count < segment.capacity) return segment;
    const bytes = Math.min(SEGMENT_BYTES, mostBytes / 8);
    const capacity = Math.min(MOST_RECORDS, Math.max(1, Math.floor(bytes / recordBytes(facts.dim))));
    const numbers = [last, ...this.#segments.map(({ name }) => name)].map((name) =>
      Number.parseInt(name ?? "0", 10),
    );
    const name = segmentName(Math.max(...numbers) + 1);
    await createSegment(join(this.#space, name), { dim: facts.dim, capacity });
    return (await this.#learn(name))!;
  }
}

async function closeFile({ file }: Segment): Promise<void> {
  await file?.then((handle) => handle.close()).catch(() => undefined);
}
