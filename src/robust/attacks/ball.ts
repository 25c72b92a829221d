/** How a change of pixels is measured: its largest part, or its length. */
export type Norm = "linf" | "l2";

/** What an attack may do. */
export interface Budget {
  readonly norm: Norm;
  /** Most change, in steps of a byte: 2 is 2/255. Of `l2` the length of all changes of a picture together. */
  readonly epsilon: number;
}

/** White, in a byte's steps. */
const WHITE = 255;

/** Brings changed pixels [n · each] back to within the budget of the clean ones, and to colours that there are. */
export function project(
  changed: Float32Array,
  clean: Float32Array,
  each: number,
  { norm, epsilon }: Budget,
): void {
  for (let from = 0; from < changed.length; from += each) {
    let shrink = 1;
    if (norm === "l2") {
      let squares = 0;
      for (let i = from; i < from + each; i++) squares += (changed[i]! - clean[i]!) ** 2;
      shrink = Math.min(1, epsilon / Math.max(Math.sqrt(squares), 1e-12));
    }
    for (let i = from; i < from + each; i++) {
      const change = changed[i]! - clean[i]!;
      const kept = norm === "l2" ? change * shrink : Math.max(-epsilon, Math.min(epsilon, change));
      changed[i] = Math.max(0, Math.min(WHITE, clean[i]! + kept));
    }
  }
}

/** Moves each picture along its gradient: every pixel by `step` (linf), or all together by a length of `step` (l2). */
export function climb(
  pixels: Float32Array,
  gradient: Float32Array,
  each: number,
  norm: Norm,
  step: number,
): void {
  for (let from = 0; from < pixels.length; from += each) {
    let factor = step;
    if (norm === "l2") {
      let squares = 0;
      for (let i = from; i < from + each; i++) squares += gradient[i]! ** 2;
      factor = squares > 0 ? step / Math.sqrt(squares) : 0;
    }
    for (let i = from; i < from + each; i++) {
      const slope = gradient[i]!;
      pixels[i]! += factor * (norm === "l2" ? slope : Math.sign(slope));
    }
  }
}

/** Moves pixels by chance to within the budget: evenly (linf), or by a length of `epsilon` in any direction (l2). */
export function scatter(
  pixels: Float32Array,
  each: number,
  { norm, epsilon }: Budget,
  random: () => number,
): void {
  for (let from = 0; from < pixels.length; from += each) {
    const change = Float32Array.from({ length: each }, () => 2 * random() - 1);
    let factor = epsilon;
    if (norm === "l2") factor = epsilon / Math.sqrt(change.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < each; i++) pixels[from + i]! += factor * change[i]!;
  }
}
