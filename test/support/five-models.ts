import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { REGISTRY } from "../../src/models/registry.js";
import { dict, type Piece, pickle, tensor, torchZip } from "../checkpoint/pack.js";
import { seededRandom } from "./random-bytes.js";

/** Width of both towers' transformers: one head. */
const WIDTH = 64;
/** OpenAI's vocabulary and length, so that any label can be read. */
const [VOCABULARY, CONTEXT] = [49_408, 77];

type Shape = readonly [name: string, dims: readonly number[]];

function block(name: string): Shape[] {
  return [
    [`${name}.ln_1.weight`, [WIDTH]],
    [`${name}.ln_1.bias`, [WIDTH]],
    [`${name}.attn.in_proj_weight`, [3 * WIDTH, WIDTH]],
    [`${name}.attn.in_proj_bias`, [3 * WIDTH]],
    [`${name}.attn.out_proj.weight`, [WIDTH, WIDTH]],
    [`${name}.attn.out_proj.bias`, [WIDTH]],
    [`${name}.ln_2.weight`, [WIDTH]],
    [`${name}.ln_2.bias`, [WIDTH]],
    [`${name}.mlp.c_fc.weight`, [4 * WIDTH, WIDTH]],
    [`${name}.mlp.c_fc.bias`, [4 * WIDTH]],
    [`${name}.mlp.c_proj.weight`, [WIDTH, 4 * WIDTH]],
    [`${name}.mlp.c_proj.bias`, [WIDTH]],
  ];
}

function text(dim: number, context = CONTEXT): Shape[] {
  return [
    ["token_embedding.weight", [VOCABULARY, WIDTH]],
    ["positional_embedding", [context, WIDTH]],
    ...block("transformer.resblocks.0"),
    ["ln_final.weight", [WIDTH]],
    ["ln_final.bias", [WIDTH]],
    ["text_projection", [WIDTH, dim]],
    ["logit_scale", []],
  ];
}

function vit(layers: number, size: number, patch: number, dim: number, context = CONTEXT): Shape[] {
  return [
    ["visual.class_embedding", [WIDTH]],
    ["visual.positional_embedding", [1 + (size / patch) ** 2, WIDTH]],
    ["visual.conv1.weight", [WIDTH, 3, patch, patch]],
    ["visual.ln_pre.weight", [WIDTH]],
    ["visual.ln_pre.bias", [WIDTH]],
    ...Array.from({ length: layers }, (_, i) => block(`visual.transformer.resblocks.${i}`)).flat(),
    ["visual.ln_post.weight", [WIDTH]],
    ["visual.ln_post.bias", [WIDTH]],
    ["visual.proj", [WIDTH, dim]],
    ...text(dim, context),
  ];
}

function convNorm(conv: string, norm: string, to: number, from: number, size: number): Shape[] {
  const ofNorm = ["weight", "bias", "running_mean", "running_var"];
  return [
    [`${conv}.weight`, [to, from, size, size]],
    ...ofNorm.map((part): Shape => [`${norm}.${part}`, [to]]),
  ];
}

function resNet(blocks: readonly number[], size: number, dim: number): Shape[] {
  const width = 8;
  const part = (conv: string, n: string, to: number, from: number, side: number): Shape[] =>
    convNorm(`${conv}conv${n}`, `${conv}bn${n}`, to, from, side);
  const shapes: Shape[] = [
    ...part("visual.", "1", width / 2, 3, 3),
    ...part("visual.", "2", width / 2, width / 2, 3),
    ...part("visual.", "3", width, width / 2, 3),
  ];
  let from = width;
  for (const [stage, count] of blocks.entries()) {
    const inner = width * 2 ** stage;
    for (let i = 0; i < count; i++) {
      const name = `visual.layer${stage + 1}.${i}.`;
      shapes.push(...part(name, "1", inner, from, 1), ...part(name, "2", inner, inner, 3));
      shapes.push(...part(name, "3", 4 * inner, inner, 1));
      if (i === 0) shapes.push(...convNorm(`${name}downsample.0`, `${name}downsample.1`, 4 * inner, from, 1));
      from = 4 * inner;
    }
  }
  const pool = "visual.attnpool";
  return [
    ...shapes,
    [`${pool}.positional_embedding`, [1 + (size / 32) ** 2, from]],
    ...["q_proj", "k_proj", "v_proj"].flatMap((name): Shape[] => [
      [`${pool}.${name}.weight`, [from, from]],
      [`${pool}.${name}.bias`, [from]],
    ]),
    [`${pool}.c_proj.weight`, [dim, from]],
    [`${pool}.c_proj.bias`, [dim]],
    ...text(dim),
  ];
}

/** The five variants' kinds of towers, tiny. */
const FORMS: Readonly<Record<string, readonly Shape[]>> = {
  RN50: resNet([1, 1, 1, 1], 64, 32),
  RN101: resNet([1, 1, 2, 1], 64, 24),
  "ViT-B/32": vit(1, 32, 16, 24),
  "ViT-L/14": vit(2, 28, 14, 40),
  "ViT-L/14@336px": vit(2, 42, 14, 40),
};

/** Seeded numbers of moderate size; norms near 1, so that features differ from picture to picture. */
function stateDict(shapes: readonly Shape[], seed: number): Buffer {
  const random = seededRandom(seed);
  const counts = shapes.map(([, dims]) => dims.reduce((a, b) => a * b, 1));
  const total = counts.reduce((a, b) => a + b, 0);
  const values = new Float32Array(total);
  const entries: Record<string, Piece[]> = {};
  let at = 0;
  for (const [i, [name, dims]] of shapes.entries()) {
    const scale = dims.length > 1 ? 1.7 / Math.sqrt(dims.slice(1).reduce((a, b) => a * b, 1)) : 0.2;
    const centre = /(?:ln_\w+|bn\d|downsample\.1)\.(?:weight|running_var)$/.test(name) ? 1 : 0;
    const strides = dims.map((_, d) => dims.slice(d + 1).reduce((a, b) => a * b, 1));
    entries[name] = tensor(dims, strides, at, total);
    for (const end = at + counts[i]!; at < end; at++) values[at] = centre + scale * (2 * random() - 1);
  }
  return torchZip(pickle(...dict(entries)), [new Uint8Array(values.buffer)]);
}

/** A checkpoint of a ViT of that form with random weights, in torch's file format. One head of 64. */
export function vitCheckpoint(form: {
  readonly layers: number;
  readonly size: number;
  readonly patch: number;
  readonly dim: number;
  /** Length of texts, in tokens. */
  readonly context: number;
}): Buffer {
  return stateDict(vit(form.layers, form.size, form.patch, form.dim, form.context), 11);
}

/**
 * Puts random weights in torch's file format where the five published checkpoints lie when they were downloaded, small
 * enough for a test. Their SHA-256 can't be that of the registry: the record that a verified file gets lies beside each.
 */
export function placeFiveModels(home: string): void {
  const folder = join(home, "models");
  mkdirSync(folder, { recursive: true });
  for (const [i, { name, file, sha256 }] of REGISTRY.entries()) {
    const path = join(folder, file);
    writeFileSync(path, stateDict(FORMS[name]!, i + 1));
    const { size, mtimeMs } = statSync(path);
    const record = { sha256, bytes: size, mtimeMs, verifiedAt: new Date().toISOString() };
    writeFileSync(`${path}.verified`, JSON.stringify(record));
  }
}
