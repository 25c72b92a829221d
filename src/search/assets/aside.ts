import { programUrl, startThread, type Thread } from "../../threads/thread.js";
import type { CentresOptions } from "./k-means.js";
import type { UmapOptions } from "./umap.js";

// What takes seconds of computing, on a thread of its own: a server goes on answering meanwhile.

/** What the thread is asked: vectors one after the other, f32 [rows × dim]. */
export type AsideQuestion = {
  readonly vectors: Float32Array<ArrayBuffer>;
  readonly dim: number;
  readonly seed: number;
} & ({ readonly work: "centres"; readonly k: number | "auto" } | { readonly work: "places" });

/** Rows of [dim] for centres, of [2] for places, one after the other. */
export type AsideAnswer = Float32Array<ArrayBuffer>;

/** What is noted on the way: the arguments of `onStep`. */
export type CentresNote = Parameters<NonNullable<CentresOptions["onStep"]>>;
export type PlacesNote = Parameters<NonNullable<UmapOptions["onStep"]>>;

/** Rows of equal length → one array of them. */
export function packed(rows: readonly ArrayLike<number>[], dim: number): Float32Array<ArrayBuffer> {
  const all = new Float32Array(rows.length * dim);
  for (const [i, row] of rows.entries()) all.set(row, i * dim);
  return all;
}

/** One array of rows → the rows, which are views of it. */
export function unpacked(all: Float32Array, dim: number): Float32Array[] {
  return Array.from({ length: all.length / dim }, (_, i) => all.subarray(i * dim, (i + 1) * dim));
}

async function ask(
  question: AsideQuestion,
  signal: AbortSignal | undefined,
  onNote: (note: unknown) => void,
): Promise<AsideAnswer> {
  await using thread: Thread<AsideQuestion, AsideAnswer> = startThread(programUrl("search/assets/worker"));
  return await thread.call(question, [question.vectors.buffer], { signal, onNote });
}

/** `findCentres` on a thread of its own. Raises `runtime.thread`, too. */
export async function centresAside(
  vectors: readonly Float32Array[],
  k: number | "auto",
  { seed, signal, onStep }: CentresOptions,
): Promise<Float32Array[]> {
  const dim = vectors[0]!.length;
  const question = { work: "centres", vectors: packed(vectors, dim), dim, seed, k } as const;
  return unpacked(await ask(question, signal, (note) => onStep?.(...(note as CentresNote))), dim);
}

/** `umap` on a thread of its own. Raises `runtime.thread`, too. */
export async function placesAside(
  vectors: readonly Float32Array[],
  seed: number,
  { signal, onStep }: UmapOptions = {},
): Promise<[number, number][]> {
  const dim = vectors[0]?.length ?? 1;
  const question = { work: "places", vectors: packed(vectors, dim), dim, seed } as const;
  const places = await ask(question, signal, (note) => onStep?.(...(note as PlacesNote)));
  return unpacked(places, 2).map(([x, y]) => [x!, y!]);
}
