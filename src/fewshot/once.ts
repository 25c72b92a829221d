import type { Warning } from "../encoder.js";
import { andMore } from "../errors.js";
import { seeded } from "../math/random.js";
import { pickShots, type Shots } from "./shots.js";

/** Cosine from which two vectors are of one picture: computed in another batch it differs in its last digits. */
const SAME = 0.99999;
/** Squared distance of such vectors, and how far apart their projections on a vector of length 1 may be. */
const NEAR = 2 * (1 - SAME);
const CELL = Math.sqrt(NEAR);

function isNear(one: Float32Array, other: Float32Array): boolean {
  let squares = 0;
  for (let d = 0; d < one.length && squares <= NEAR; d++) squares += (one[d]! - other[d]!) ** 2;
  return squares <= NEAR;
}

/** Vectors of pictures, among which equal ones are found without comparing each with each: by their projection on one direction. */
export class Known {
  readonly #cells = new Map<number, { readonly vector: Float32Array; readonly label: number }[]>();
  #direction: Float32Array | undefined;

  constructor({ features, truth }: Pick<Shots, "features" | "truth">) {
    for (const [i, vector] of features.entries()) this.add(vector, truth[i]!);
  }

  add(vector: Float32Array, label: number): void {
    const at = this.#cellOf(vector);
    const cell = this.#cells.get(at);
    if (cell) cell.push({ vector, label });
    else this.#cells.set(at, [{ vector, label }]);
  }

  /** Labels of the known pictures that are this one. */
  labelsOf(vector: Float32Array): number[] {
    const at = this.#cellOf(vector);
    return [at - 1, at, at + 1].flatMap((near) =>
      (this.#cells.get(near) ?? []).filter((one) => isNear(one.vector, vector)).map(({ label }) => label),
    );
  }

  #cellOf(vector: Float32Array): number {
    if (!this.#direction) {
      const random = seeded(1);
      this.#direction = vector.map(() => (random() < 0.5 ? -1 : 1) / Math.sqrt(vector.length));
    }
    const along = this.#direction.reduce((sum, x, d) => sum + x * vector[d]!, 0);
    return Math.floor(along / CELL);
  }
}

export interface OnceOptions {
  /** So many, the first, stay whatever they are: those of an adapter. */
  readonly known?: number;
  /** [n] what each picture is called. */
  readonly names?: readonly string[];
  /** Told what is left out. */
  readonly onWarning?: ((warning: Warning) => void) | undefined;
}

/**
 * Each picture once: a picture that is there twice would be held out while its twin is learnt from, and figures would be too
 * good. One that is there under two labels stays with the first: which of them is right nobody here can tell.
 */
export function onceEach(shots: Shots, { known = 0, names, onWarning }: OnceOptions = {}): Shots {
  const { labels, features, truth } = shots;
  const kept = new Known({ features: features.slice(0, known), truth });
  const positions = Array.from({ length: known }, (_, i) => i);
  let twice = 0;
  const elsewhere: (readonly [position: number, first: string])[] = [];
  for (let i = known; i < features.length; i++) {
    const there = kept.labelsOf(features[i]!);
    if (there.length === 0) {
      kept.add(features[i]!, truth[i]!);
      positions.push(i);
    } else if (there.includes(truth[i]!)) twice += 1;
    else elsewhere.push([i, labels[there[0]!]!]);
  }
  if (twice > 0) {
    const [pictures, each] =
      twice === 1 ? ["1 picture was", "it counts"] : [`${twice} pictures were`, "each counts"];
    onWarning?.({
      code: "fewshot.twice",
      message: `${pictures} there already${known > 0 ? "" : " under the same label"}: ${each} once.`,
      count: twice,
    });
  }
  const [first] = elsewhere;
  if (first) {
    const [at, label] = first;
    const name = names?.[at - known] ?? "A picture";
    onWarning?.({
      code: "fewshot.labels",
      message: `${name} of ${JSON.stringify(labels[truth[at]!])} is there already under ${JSON.stringify(label)}${andMore(elsewhere.length - 1)}: it is left out and counts for ${JSON.stringify(label)} alone.`,
      count: elsewhere.length,
    });
  }
  return positions.length === features.length ? shots : pickShots(shots, positions);
}
