import { throwIfAborted } from "../../errors.js";
import { dot } from "../../math/dot.js";
import { sample, seeded } from "../../math/random.js";
import { turn } from "./turn.js";

/** Steps of k-means; it has settled long before on most data. */
const MOST_STEPS = 40;
/** Rows by which numbers of clusters are compared: the order among them is that of more rows. */
const TRIED_ROWS = 1_500;
/** Numbers of clusters that `auto` compares. */
const TRIED = [2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48] as const;
/** Least rows a cluster, on average, of a number that is tried. */
const LEAST_ROWS = 20;

export interface KMeansOptions {
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (() => void) | undefined;
}

/** Numbers that vectors are told apart by while centres are sought: distances keep their order well enough (Johnson, Lindenstrauss 1984). */
const PROJECTED = 96;

/** Vectors in fewer dimensions, about their mean, by random directions of the seed; short ones as they are. */
export function projected(vectors: readonly Float32Array[], seed: number): number[][] {
  const dim = vectors[0]?.length ?? 0;
  if (dim <= PROJECTED) return vectors.map((vector) => Array.from(vector));
  const random = seeded(seed);
  const signs = Array.from({ length: PROJECTED }, () =>
    Float32Array.from({ length: dim }, () => (random() < 0.5 ? -1 : 1)),
  );
  const mean = new Float32Array(dim);
  for (const vector of vectors) for (let i = 0; i < dim; i++) mean[i]! += vector[i]! / vectors.length;
  const offsets = signs.map((direction) => dot(mean, direction));
  const scale = 1 / Math.sqrt(PROJECTED);
  return vectors.map((vector) => signs.map((direction, d) => scale * (dot(vector, direction) - offsets[d]!)));
}

/** Which of k clusters each of some rows is in, by k-means. The same for the same seed. Raises `aborted`. */
async function settle(rows: number[][], k: number, { seed, signal, onStep }: KMeansOptions) {
  // Loaded here: commands that cluster nothing need no library for it.
  const { kmeansGenerator } = await import("ml-kmeans");
  const steps = kmeansGenerator(rows, k, { seed, initialization: "kmeans++", maxIterations: MOST_STEPS });
  let found: { clusters: readonly number[]; centroids: number[][] } = { clusters: [], centroids: [] };
  for (const step of steps) {
    throwIfAborted(signal);
    onStep?.();
    found = step;
    // Each step takes a moment: others, and what says that nobody waits, get their turn between them.
    await turn();
  }
  return found;
}

export interface CentresOptions extends Omit<KMeansOptions, "onStep"> {
  /** Which part of the work, and its steps so far. */
  readonly onStep?: ((part: "choose" | "centre", done: number) => void) | undefined;
}

/** Centres of some vectors, at most k; `auto`: of the number that `chooseK` finds. The same for the same seed. Raises `aborted`. */
export async function findCentres(
  vectors: readonly Float32Array[],
  k: number | "auto",
  { seed, signal, onStep }: CentresOptions,
): Promise<Float32Array[]> {
  const counted = (part: "choose" | "centre"): KMeansOptions => {
    let done = 0;
    return { seed, signal, onStep: () => onStep?.(part, ++done) };
  };
  const count = k === "auto" ? await chooseK(vectors, counted("choose")) : k;
  return centresOf(vectors, Math.min(vectors.length, count), counted("centre"));
}

/** k centres of some vectors: at most k of f32 [dim], the means of their rows. The same for the same seed. Raises `aborted`. */
export async function centresOf(
  vectors: readonly Float32Array[],
  k: number,
  options: KMeansOptions,
): Promise<Float32Array[]> {
  const { clusters } = await settle(projected(vectors, options.seed), k, options);
  const sums = Array.from({ length: k }, () => new Float32Array(vectors[0]!.length));
  const counts = new Float64Array(k);
  for (const [i, c] of clusters.entries()) {
    counts[c]! += 1;
    const [sum, vector] = [sums[c]!, vectors[i]!];
    for (let d = 0; d < sum.length; d++) sum[d]! += vector[d]!;
  }
  return sums.flatMap((sum, c) => (counts[c] === 0 ? [] : [sum.map((value) => value / counts[c]!)]));
}

/** |x − c|² of a vector and each of the centres, up to the constant |x|²: |c|² − 2·x·c. */
export function nearestCentre(
  vector: Float32Array,
  centres: readonly Float32Array[],
  squares: readonly number[],
): { centre: number; distance: number } {
  let [centre, distance] = [0, Number.POSITIVE_INFINITY];
  for (let c = 0; c < centres.length; c++) {
    const other = centres[c]!;
    let [a, b] = [0, 0];
    let i = 0;
    for (; i + 1 < vector.length; i += 2) {
      a += vector[i]! * other[i]!;
      b += vector[i + 1]! * other[i + 1]!;
    }
    if (i < vector.length) a += vector[i]! * other[i]!;
    const found = squares[c]! - 2 * (a + b);
    if (found < distance) [centre, distance] = [c, found];
  }
  return { centre, distance };
}

export function squaresOf(centres: readonly Float32Array[]): number[] {
  return centres.map((centre) => centre.reduce((sum, x) => sum + x * x, 0));
}

/** Mean of (b − a) / max(a, b), a and b the distances to the own and to the next centre (Hruschka et al. 2004): −1..1, higher is better. */
function silhouette(rows: readonly number[][], centroids: readonly number[][]): number {
  const distance = (a: readonly number[], b: readonly number[]): number =>
    Math.sqrt(a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0));
  const shares = rows.map((row) => {
    const [own, next = 0] = centroids.map((centre) => distance(row, centre)).sort((a, b) => a - b) as [
      number,
      number?,
    ];
    return next > 0 ? (next - own) / next : 0;
  });
  return shares.reduce((sum, share) => sum + share, 0) / rows.length;
}

/** The score grows slowly with the number of clusters: a smaller number with this share of the best is as good, and easier to look through. */
const NEARLY = 0.95;

/** The smallest number of clusters, 2 to 48, that sets rows apart (nearer to their own centre than to the next one) nearly as well as any. */
export async function chooseK(vectors: readonly Float32Array[], options: KMeansOptions): Promise<number> {
  const rows = projected(sample(vectors, TRIED_ROWS, options.seed), options.seed);
  const tried: { k: number; score: number }[] = [{ k: 1, score: 0 }];
  for (const k of TRIED) {
    if (k > rows.length || (k > 2 && k * LEAST_ROWS > rows.length)) break;
    tried.push({ k, score: silhouette(rows, (await settle(rows, k, options)).centroids) });
  }
  const best = Math.max(...tried.map(({ score }) => score));
  return tried.find(({ score }) => score >= NEARLY * best)!.k;
}
