import { writeFile } from "node:fs/promises";
import { safetensors } from "../checkpoint/pack.js";
import { seededRandom } from "../support/random-bytes.js";

const WIDTH = 128;
const VOCABULARY = 49408;

const block = (prefix: string): [string, number[]][] => [
  [`${prefix}.ln_1.weight`, [WIDTH]],
  [`${prefix}.ln_1.bias`, [WIDTH]],
  [`${prefix}.attn.in_proj_weight`, [3 * WIDTH, WIDTH]],
  [`${prefix}.attn.in_proj_bias`, [3 * WIDTH]],
  [`${prefix}.attn.out_proj.weight`, [WIDTH, WIDTH]],
  [`${prefix}.attn.out_proj.bias`, [WIDTH]],
  [`${prefix}.ln_2.weight`, [WIDTH]],
  [`${prefix}.ln_2.bias`, [WIDTH]],
  [`${prefix}.mlp.c_fc.weight`, [4 * WIDTH, WIDTH]],
  [`${prefix}.mlp.c_fc.bias`, [4 * WIDTH]],
  [`${prefix}.mlp.c_proj.weight`, [WIDTH, 4 * WIDTH]],
  [`${prefix}.mlp.c_proj.bias`, [WIDTH]],
];

const SHAPES: [string, number[]][] = [
  ["visual.class_embedding", [WIDTH]],
  ["visual.positional_embedding", [17, WIDTH]],
  ["visual.conv1.weight", [WIDTH, 3, 8, 8]],
  ["visual.ln_pre.weight", [WIDTH]],
  ["visual.ln_pre.bias", [WIDTH]],
  ...block("visual.transformer.resblocks.0"),
  ...block("visual.transformer.resblocks.1"),
  ["visual.ln_post.weight", [WIDTH]],
  ["visual.ln_post.bias", [WIDTH]],
  ["visual.proj", [WIDTH, 64]],
  ["token_embedding.weight", [VOCABULARY, WIDTH]],
  ["positional_embedding", [77, WIDTH]],
  ...block("transformer.resblocks.0"),
  ["ln_final.weight", [WIDTH]],
  ["ln_final.bias", [WIDTH]],
  ["text_projection", [WIDTH, 64]],
  ["logit_scale", []],
];

/**
 * Writes a CLIP of 32-pixel pictures with seeded weights in OpenAI's names as a safetensors file: small, but with matrices
 * large enough to be worth int8, and with OpenAI's vocabulary.
 */
export async function writeCheckpoint(path: string, seed = 1): Promise<void> {
  const random = seededRandom(seed);
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const [name, shape] of SHAPES) {
    const scale = shape.length > 1 ? 1.7 / Math.sqrt(shape.slice(1).reduce((a, b) => a * b, 1)) : 0.2;
    const centre = /ln_\w+\.weight$/.test(name) ? 1 : 0;
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < values.length; i++) values[i] = centre + scale * (2 * random() - 1);
    const bytes = new Uint8Array(values.buffer);
    header[name] = { dtype: "F32", shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
    parts.push(bytes);
  }
  await writeFile(path, safetensors(header, Buffer.concat(parts)));
}
