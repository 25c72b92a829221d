import { ClipError } from "../errors.js";

/** Tip-Adapter's cache: pictures like one that is known have its label (arXiv 2111.03930, equations 5 to 8). */
export interface CacheHead {
  readonly kind: "cache";
  /** [m] of f32 [dim] */
  readonly keys: readonly Float32Array[];
  /** [m] position of each key's label. */
  readonly values: Int32Array;
  /** How much the cache counts beside the words; 0 and more. */
  readonly alpha: number;
  /** How near a picture has to be; above 0. */
  readonly beta: number;
}

/** What is added to the words' logits: a vector and a number for each label, 0 where there is nothing to add. */
export interface LinearHead {
  readonly kind: "linear";
  /** [labels] of f32 [dim] */
  readonly vectors: readonly Float32Array[];
  /** [labels] */
  readonly bias: Float32Array;
  /** [labels] what the words' own logits are multiplied with. */
  readonly gain: Float32Array;
}

/** CLIP-Adapter: a bottleneck beside the picture's vector (arXiv 2110.04544, equations 2 and 3). */
export interface BottleneckHead {
  readonly kind: "bottleneck";
  /** [hidden] of f32 [dim] */
  readonly down: readonly Float32Array[];
  /** [dim] of f32 [hidden] */
  readonly up: readonly Float32Array[];
  /** Share of what the bottleneck says, 0..1. */
  readonly ratio: number;
  /** [labels] of f32 [dim]: the words' vectors that changed pictures are compared with. */
  readonly texts: readonly Float32Array[];
}

/** The words alone. */
export interface WordsHead {
  readonly kind: "words";
}

export type Head = CacheHead | LinearHead | BottleneckHead | WordsHead;

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** One picture f32 [dim] and its cosines [labels] → logits [labels]. Raises `runtime.features` for what is no number. */
export function logitsOf(
  head: Head,
  image: Float32Array,
  cosines: Float32Array,
  logitScale: number,
): Float32Array {
  const logits = cosines.map((cosine) => logitScale * cosine);
  switch (head.kind) {
    case "words":
      break;
    case "cache":
      for (const [k, key] of head.keys.entries())
        logits[head.values[k]!]! += head.alpha * Math.exp(-head.beta * (1 - dot(image, key)));
      break;
    case "linear":
      for (const [c, vector] of head.vectors.entries())
        logits[c] = head.gain[c]! * logits[c]! + dot(image, vector) + head.bias[c]!;
      break;
    case "bottleneck": {
      const changed = bottleneck(head, image);
      for (const [c, text] of head.texts.entries()) logits[c] = logitScale * dot(changed, text);
      break;
    }
  }
  if (!logits.every(Number.isFinite))
    throw new ClipError(
      "runtime.features",
      "Expected finite logits of an adapter but it gave others; its file may be damaged.",
    );
  return logits;
}

/** A picture's vector as CLIP-Adapter changes it, of length 1. */
function bottleneck({ down, up, ratio }: BottleneckHead, image: Float32Array): Float32Array {
  const hidden = Float32Array.from(down, (row) => Math.max(0, dot(image, row)));
  return mixed(
    image,
    Float32Array.from(up, (row) => dot(hidden, row)),
    ratio,
  );
}

/** A vector and what the bottleneck says of it → both mixed, of length 1. */
export function mixed(image: Float32Array, said: Float32Array, ratio: number): Float32Array {
  const kept = said.map((x) => Math.max(0, x));
  const length = Math.sqrt(dot(kept, kept)) || 1;
  const both = image.map((x, i) => (1 - ratio) * x + (ratio * kept[i]!) / length);
  const whole = Math.sqrt(dot(both, both)) || 1;
  return both.map((x) => x / whole);
}
