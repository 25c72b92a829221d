import type { DType, NamedTensor, TensorMap } from "../../src/checkpoint/tensor.js";

/** Seeded numbers in −1..1 (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** A tensor from memory. */
export function tensor(name: string, shape: readonly number[], values: ArrayLike<number>): NamedTensor {
  const floats = Float32Array.from(values);
  return {
    name,
    dtype: "f32",
    shape,
    byteLength: floats.byteLength,
    read: () => new Uint8Array(floats.buffer),
  };
}

/** A tensor of a type whose values do not matter. */
export function emptyTensor(name: string, shape: readonly number[], dtype: DType = "f32"): NamedTensor {
  const bytes = new Uint8Array(shape.reduce((a, b) => a * b, 1) * 8);
  return { name, dtype, shape, byteLength: bytes.length, read: () => bytes };
}

const WIDTH = 64;
const TEXT_BLOCK = (prefix: string): [string, number[]][] => [
  [`${prefix}.ln_1.weight`, [WIDTH]],
  [`${prefix}.ln_1.bias`, [WIDTH]],
  [`${prefix}.attn.in_proj_weight`, [3 * WIDTH, WIDTH]],
  [`${prefix}.attn.in_proj_bias`, [3 * WIDTH]],
  [`${prefix}.attn.out_proj.weight`, [WIDTH, WIDTH]],
  [`${prefix}.attn.out_proj.bias`, [WIDTH]],
  [`${prefix}.ln_2.weight`, [WIDTH]],
  [`${prefix}.ln_2.bias`, [WIDTH]],
  [`${prefix}.mlp.c_fc.weight`, [2 * WIDTH, WIDTH]],
  [`${prefix}.mlp.c_fc.bias`, [2 * WIDTH]],
  [`${prefix}.mlp.c_proj.weight`, [WIDTH, 2 * WIDTH]],
  [`${prefix}.mlp.c_proj.bias`, [WIDTH]],
];

const SHAPES: [string, number[]][] = [
  ["visual.class_embedding", [WIDTH]],
  ["visual.positional_embedding", [17, WIDTH]],
  ["visual.conv1.weight", [WIDTH, 3, 4, 4]],
  ["visual.ln_pre.weight", [WIDTH]],
  ["visual.ln_pre.bias", [WIDTH]],
  ...TEXT_BLOCK("visual.transformer.resblocks.0"),
  ...TEXT_BLOCK("visual.transformer.resblocks.1"),
  ["visual.ln_post.weight", [WIDTH]],
  ["visual.ln_post.bias", [WIDTH]],
  ["visual.proj", [WIDTH, 24]],
  ["token_embedding.weight", [50, WIDTH]],
  ["positional_embedding", [12, WIDTH]],
  ...TEXT_BLOCK("transformer.resblocks.0"),
  ...TEXT_BLOCK("transformer.resblocks.1"),
  ["ln_final.weight", [WIDTH]],
  ["ln_final.bias", [WIDTH]],
  ["text_projection", [WIDTH, 24]],
  ["logit_scale", []],
];

/** A CLIP of 16-pixel pictures, two blocks a tower, features of 24 numbers, with seeded weights in OpenAI's names. */
export function tinyClip(seed = 1): TensorMap {
  const random = randomNumbers(seed);
  return new Map(
    SHAPES.map(([name, shape]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const scale = shape.length > 1 ? 1.7 / Math.sqrt(shape.at(-1)!) : 0.2;
      const centre = /ln_\w+\.weight$/.test(name) ? 1 : 0;
      return [
        name,
        tensor(
          name,
          shape,
          Array.from({ length: count }, () => centre + scale * random()),
        ),
      ];
    }),
  );
}
