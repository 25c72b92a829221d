import { createHash } from "node:crypto";
import { seeded } from "../../../../src/math/random.js";
import { FACTS, type Row, rowId } from "../../../../src/search/row.js";
import type { Store, StoreModel } from "../../../../src/search/store/store.js";

export const DIM = 32;

export const MODEL: StoreModel = { name: "tiny", revision: "a".repeat(64), precision: "fp32", dim: DIM };

/** What a store's tests need of it. */
export interface StoreUnderTest {
  /** A new and empty store of {@link MODEL}. */
  create(): Promise<Store>;
  /** The same store as another process would open it; absent where it is gone with its process. */
  reopen?(store: Store): Promise<Store>;
  /** How far a number of a vector, and a cosine, may be from what they were. */
  readonly error: number;
}

/** f32 [DIM] of length 1, the same for the same seed. */
export function vectorOf(seed: number, dim = DIM): Float32Array {
  const random = seeded(seed);
  const vector = Float32Array.from({ length: dim }, () => random() - 0.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** The n-th row; what is given replaces what it would have. */
export function rowOf(n: number, given: Partial<Omit<Row, "id">> = {}): Row {
  const { path = `/photos/${n % 7}/${n}.jpg`, time = n % 11 === 0 ? n * 40 : null } = given;
  return {
    id: rowId(path, time),
    path,
    time,
    hash: createHash("sha256").update(`bytes of ${n}`).digest("hex"),
    bytes: 1000 + n,
    modified: 1_700_000_000_000 + n * 1000,
    width: 640 + (n % 5),
    height: 480,
    taken: n % 3 === 0 ? null : 1_600_000_000_000 + n * 60_000,
    latitude: n % 4 === 0 ? 48.137154 + n / 1e6 : null,
    longitude: n % 4 === 0 ? -11.576124 : null,
    camera: n % 2 === 0 ? "Make One" : null,
    labels: ["cat", "dog", "it's", "café"].slice(0, n % 5),
    caption: n % 6 === 0 ? `picture ${n}` : null,
    perceptual: (0xabcdefn * BigInt(n + 1)).toString(16).padStart(16, "0"),
    sharpness: n / 3,
    blank: n % 13 === 0,
    thumbnail: n % 2 === 0 ? Uint8Array.of(255, 216, n & 255, 0) : null,
    indexed: 1_710_000_000_000 + n,
    vector: vectorOf(n),
    ...given,
  };
}

export const rowsOf = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, i) => rowOf(from + i));

/** A row as it is read where no columns are named. */
export function factsOf(row: Row): Partial<Row> {
  return Object.fromEntries(FACTS.map((column) => [column, row[column]]));
}

export const byId = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Ids of all rows that a scan gives, in its order. */
export async function idsOf(store: Store, filter = {}): Promise<string[]> {
  const ids: string[] = [];
  for await (const rows of store.scan({ filter, columns: ["id"] })) ids.push(...rows.map(({ id }) => id));
  return ids;
}

export function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** Cosines of all rows with a query, highest first. */
export function exactly(rows: readonly Row[], query: Float32Array): number[] {
  return rows.map(({ vector }) => dot(vector, query)).sort((a, b) => b - a);
}
