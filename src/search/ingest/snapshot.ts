import type { Filter } from "../store/filter.js";
import type { Store } from "../store/store.js";
import { CompactMap } from "./seen.js";
import type { FoundFile } from "./walk.js";

/** Rows a batch of the scan: of small columns. */
const BATCH = 10_000;

/** Frames of one video that don't agree on its size and time: half of it was written. */
const MIXED = [0xffff_ffff, 0xffff_ffff] as const;

/** Size and time as two whole numbers of 32 bits; any difference in one of them shows. */
function fingerprint({ bytes, modified }: Pick<FoundFile, "bytes" | "modified">): readonly [number, number] {
  const high = (value: number): number => Math.floor(value / 2 ** 32);
  const first = bytes ^ Math.imul(high(bytes), 0x85eb_ca6b) ^ Math.imul(high(modified), 0x9e37_79b1);
  return [first >>> 0, (modified % 2 ** 32) >>> 0];
}

const isSame = (a: readonly [number, number], b: readonly [number, number]): boolean =>
  a[0] === b[0] && a[1] === b[1];

/** What a store held of files when a run began: read once, so that a run asks it nothing for a file that is unchanged. */
export class Snapshot {
  readonly #files = new CompactMap();
  readonly #hashes = new CompactMap();

  /** Of all rows, or of those of a filter. */
  static async read(store: Store, signal: AbortSignal | undefined, filter: Filter = {}): Promise<Snapshot> {
    const snapshot = new Snapshot();
    const columns = ["path", "bytes", "modified", "hash"] as const;
    for await (const rows of store.scan({ filter, columns, batch: BATCH, ...(signal ? { signal } : {}) })) {
      for (const row of rows) {
        const [known, now] = [snapshot.#files.get(row.path), fingerprint(row)];
        const [first, second] = known === undefined || isSame(known, now) ? now : MIXED;
        snapshot.#files.set(row.path, first, second);
        snapshot.#hashes.set(row.hash);
      }
    }
    return snapshot;
  }

  stateOf(file: FoundFile): "new" | "same" | "changed" {
    const known = this.#files.get(file.path);
    if (known === undefined) return "new";
    return isSame(known, fingerprint(file)) ? "same" : "changed";
  }

  /** True where a row has this content; once in 10⁷ also where none has. */
  knows(hash: string): boolean {
    return this.#hashes.has(hash);
  }

  /** This content is in the store now. */
  learn(hash: string): void {
    this.#hashes.set(hash);
  }
}
