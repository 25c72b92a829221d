import { ClipError } from "../../errors.js";
import { dot } from "../../math/dot.js";
import type { Filter } from "../store/filter.js";
import type { Store } from "../store/store.js";
import { pairsWithin } from "./hamming.js";

/**
 * What counts as a near-duplicate; both must hold. Chosen on Flickr8k's training photos and measured on others: docs/assets.md says how
 * many were found and how many were wrong.
 */
export const NEAR = { bits: 12, similarity: 0.7 } as const;

/** A bit more than a quarter of the 64: beyond it hashes of unlike pictures are as near. */
const MOST_BITS = 20;

/** One of the files of a group. */
export interface Copy {
  readonly id: string;
  readonly path: string;
  readonly hash: string;
  readonly bytes: number;
  readonly modified: number;
  readonly width: number;
  readonly height: number;
  readonly sharpness: number;
  /** True: its bytes are those of the best copy. */
  readonly exact: boolean;
  /** Cosine with the best copy, −1..1, where pictures are compared (`near`); of a file with equal bytes 1. */
  readonly similarity: number;
}

/** Files that show the same. */
export interface DuplicateGroup {
  readonly kind: "exact" | "near";
  /** The copy that is proposed to be kept: most pixels, then sharpest, then most bytes. */
  readonly best: Copy;
  /** The others, each compared with the best one, in the order of their quality. */
  readonly others: readonly Copy[];
}

export interface DuplicateOptions {
  /** True: also pictures that look alike. Default false: equal bytes alone. */
  readonly near?: boolean;
  /** Most bits of 64 in which perceptual hashes may differ, 0..20. Default 12. */
  readonly bits?: number;
  /** Least cosine, −1..1. Default 0.7. */
  readonly similarity?: number;
  readonly filter?: Filter;
  readonly signal?: AbortSignal;
}

interface Entry extends Omit<Copy, "exact" | "similarity"> {
  readonly perceptual: string;
  /** Of a video's key frame: its place, ms. */
  readonly time: number | null;
}

/** Vectors that are fetched at once. */
const BATCH = 1_000;

function check({ bits = NEAR.bits, similarity = NEAR.similarity }: DuplicateOptions): void {
  if (!Number.isInteger(bits) || bits < 0 || bits > MOST_BITS) {
    throw new ClipError("search.options", `Expected 0 to ${MOST_BITS} bits but received ${bits}.`);
  }
  if (!(similarity >= -1 && similarity <= 1)) {
    throw new ClipError("search.options", `Expected a similarity of −1 to 1 but received ${similarity}.`);
  }
}

/** Best first; equal ones by their paths, so that the proposal is the same each time. */
function byQuality(a: Entry, b: Entry): number {
  return (
    b.width * b.height - a.width * a.height ||
    b.sharpness - a.sharpness ||
    b.bytes - a.bytes ||
    (a.path < b.path ? -1 : 1)
  );
}

/** One entry a file (a video's first key frame stands for it), blank ones left out, best first. */
async function entriesOf(store: Store, { filter, signal }: DuplicateOptions): Promise<Entry[]> {
  const files = new Map<string, Entry>();
  const scanning = store.scan({
    columns: [
      "path",
      "time",
      "hash",
      "bytes",
      "modified",
      "width",
      "height",
      "sharpness",
      "perceptual",
      "blank",
    ],
    ...(filter ? { filter } : {}),
    ...(signal ? { signal } : {}),
  });
  for await (const rows of scanning) {
    for (const { blank, ...row } of rows) {
      // A video may begin in black and be one of a kind: its bytes say so.
      if (blank && row.time === null) continue;
      const before = files.get(row.path);
      if (before && (before.time ?? 0) <= (row.time ?? 0)) continue;
      files.set(row.path, row);
    }
  }
  return [...files.values()].sort(byQuality);
}

/** For each picture the others that look like it, by position, with their cosines. */
async function nearPairs(
  store: Store,
  entries: readonly Entry[],
  options: DuplicateOptions,
): Promise<Map<number, Map<number, number>>> {
  const { bits = NEAR.bits, similarity = NEAR.similarity, signal } = options;
  const pictures = entries.flatMap(({ time }, i) => (time === null ? [i] : []));
  const candidates: [number, number][] = [];
  const hashes = pictures.map((i) => entries[i]!.perceptual);
  await pairsWithin(
    hashes,
    bits,
    (a, b) => {
      candidates.push([pictures[a]!, pictures[b]!]);
    },
    signal,
  );
  const wanted = [...new Set(candidates.flat())];
  const vectors = new Map<number, Float32Array>();
  for (let from = 0; from < wanted.length; from += BATCH) {
    const part = wanted.slice(from, from + BATCH);
    const rows = await store.get(
      part.map((i) => entries[i]!.id),
      ["vector"],
    );
    for (const [k, row] of rows.entries()) if (row) vectors.set(part[k]!, row.vector);
  }
  const pairs = new Map<number, Map<number, number>>();
  for (const [a, b] of candidates) {
    const [one, other] = [vectors.get(a), vectors.get(b)];
    if (!one || !other) continue;
    const cosine = dot(one, other);
    if (cosine < similarity) continue;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const found = pairs.get(from) ?? new Map<number, number>();
      pairs.set(from, found.set(to, cosine));
    }
  }
  return pairs;
}

/**
 * Groups of files with equal bytes and, with `near`, of pictures that look alike; a file is in one group at most. Each of a group was
 * compared with the proposed copy itself: A like B and B like C makes no group of A and C. Raises `search.options` and what the
 * store does. Nothing is changed.
 */
export async function findDuplicates(
  store: Store,
  options: DuplicateOptions = {},
): Promise<DuplicateGroup[]> {
  check(options);
  const entries = await entriesOf(store, options);
  const pairs = options.near ? await nearPairs(store, entries, options) : undefined;
  const byHash = new Map<string, number[]>();
  for (const [i, { hash }] of entries.entries()) {
    const same = byHash.get(hash);
    if (same) same.push(i);
    else byHash.set(hash, [i]);
  }
  const taken = new Set<number>();
  const groups: DuplicateGroup[] = [];
  const copy = (i: number, exact: boolean, similarity: number): Copy => {
    const { id, path, hash, bytes, modified, width, height, sharpness } = entries[i]!;
    return { id, path, hash, bytes, modified, width, height, sharpness, exact, similarity };
  };
  for (const [i, best] of entries.entries()) {
    if (taken.has(i)) continue;
    const same = byHash.get(best.hash)!.filter((other) => other !== i && !taken.has(other));
    const exact = new Set(same);
    const alike = [...(pairs?.get(i) ?? [])].filter(([other]) => !taken.has(other) && !exact.has(other));
    if (same.length + alike.length === 0) continue;
    const others = [
      ...same.map((other) => copy(other, true, 1)),
      ...alike.sort(([a], [b]) => a - b).map(([other, cosine]) => copy(other, false, cosine)),
    ];
    for (const other of [i, ...same, ...alike.map(([position]) => position)]) taken.add(other);
    groups.push({ kind: alike.length > 0 ? "near" : "exact", best: copy(i, true, 1), others });
  }
  return groups;
}
