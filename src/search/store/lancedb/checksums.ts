import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { encodeF16 } from "../../../math/float16.js";
import { writeFileAtomic } from "../../../models/atomic.js";
import type { Row } from "../../row.js";
import type { LanceEncoding } from "./rows.js";
import type { SortedIds } from "./scan.js";

/** Beside the table, which keeps none itself: for each vector that was put the row's id and a CRC-32 of its bytes. */
export const CHECKSUMS = "checksums.bin";
/** An id as bytes, and a checksum. */
const [ID, ENTRY] = [16, 20];
/** Entries of one id that are kept: a process that is killed while it puts a row leaves one of a vector that is not there. */
const KEPT = 2;
/** Entries a row from which the file is written anew. */
const MOST_A_ROW = 3;

type Checked = Pick<Row, "id" | "vector">;

/** The entries of a file, and their positions in the order of ids, later ones of an id last. */
interface Entries {
  readonly bytes: Buffer;
  readonly order: Uint32Array;
}

const idAt = ({ bytes, order }: Entries, i: number): string =>
  bytes.toString("hex", order[i]! * ENTRY, order[i]! * ENTRY + ID);
const checksumAt = ({ bytes, order }: Entries, i: number): number =>
  bytes.readUInt32LE(order[i]! * ENTRY + ID);

/** Position of the first entry of an id, or of the one that would come after. */
function firstOf(entries: Entries, id: string): number {
  let [low, high] = [0, entries.order.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (idAt(entries, middle) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What the vectors of a folder's rows were when they were put: disks turn bits over, and LanceDB does not notice. */
export class Checksums {
  readonly #path: string;
  readonly #encoding: LanceEncoding;
  #read: { readonly size: number; readonly entries: Entries } | undefined;

  constructor(folder: string, encoding: LanceEncoding) {
    this.#path = join(folder, CHECKSUMS);
    this.#encoding = encoding;
  }

  /** Before rows are put, under the folder's lock; on the disk when it resolves. */
  async note(rows: readonly Checked[]): Promise<void> {
    const entries = Buffer.alloc(rows.length * ENTRY);
    for (const [i, { id, vector }] of rows.entries()) {
      entries.write(id, i * ENTRY, ID, "hex");
      entries.writeUInt32LE(this.#of(vector), i * ENTRY + ID);
    }
    const file = await open(this.#path, "a");
    try {
      const { size } = await file.stat();
      // A process that was killed, or a full disk, may have left a part of an entry.
      if (size % ENTRY !== 0) await file.truncate(size - (size % ENTRY));
      await file.appendFile(entries);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /** Ids of rows whose vector is none that was put; rows of which nothing is known are taken as they are. */
  async differing(rows: readonly Checked[]): Promise<Set<string>> {
    const entries = await this.#entries();
    const wrong = rows.filter(({ id, vector }) => {
      const first = firstOf(entries, id);
      const now = this.#of(vector);
      let i = first;
      for (; i < entries.order.length && idAt(entries, i) === id; i++) {
        if (checksumAt(entries, i) === now) return false;
      }
      return i > first;
    });
    return new Set(wrong.map(({ id }) => id));
  }

  /** Under the folder's lock: leaves out what is of no row any more, where that is worth it. */
  async tidy(ids: SortedIds): Promise<void> {
    const entries = await this.#entries();
    if (entries.order.length < MOST_A_ROW * ids.count) return;
    const kept: Buffer[] = [];
    for (let from = 0; from < ids.count; from += 10_000) {
      for (const id of ids.slice(from, from + 10_000)) {
        const first = firstOf(entries, id);
        let end = first;
        while (end < entries.order.length && idAt(entries, end) === id) end += 1;
        for (let i = Math.max(first, end - KEPT); i < end; i++) {
          const at = entries.order[i]! * ENTRY;
          kept.push(entries.bytes.subarray(at, at + ENTRY));
        }
      }
    }
    await writeFileAtomic(this.#path, Buffer.concat(kept));
  }

  /** Of the bytes that are kept, which are the same once they were read. */
  #of(vector: Float32Array): number {
    const kept = this.#encoding === "f16" ? encodeF16(vector) : vector;
    return crc32(new Uint8Array(kept.buffer, kept.byteOffset, kept.byteLength));
  }

  async #entries(): Promise<Entries> {
    const size = (await stat(this.#path).catch(() => undefined))?.size ?? 0;
    if (this.#read?.size !== size) {
      const bytes = size === 0 ? Buffer.alloc(0) : await readFile(this.#path);
      const order = Uint32Array.from({ length: Math.floor(bytes.length / ENTRY) }, (_, i) => i);
      const at = (i: number): Buffer => bytes.subarray(i * ENTRY, i * ENTRY + ID);
      order.sort((a, b) => at(a).compare(at(b)) || a - b);
      this.#read = { size, entries: { bytes, order } };
    }
    return this.#read!.entries;
  }
}
