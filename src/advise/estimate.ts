import type { RegistryEntry } from "../models/registry.js";

/** Billions of multiplications and additions a second that this machine does in plain products of matrices. */
export interface Rates {
  readonly fp32: number;
  readonly int8: number;
}

/** Batches that figures are given for: one, zeroclip's default, and enough that no core waits. */
export const BATCHES = [1, 8, 32] as const;

/**
 * Share of the rate that an image tower reaches at batches of 1, 8 and 32: measured with random
 * weights of the shapes of RN50 and ViT-B/32 on two shared cores with AVX-512. An assumption everywhere else.
 */
const SHARES: Readonly<Record<"resnet" | "transformer", readonly [number, number, number]>> = {
  resnet: [0.6, 0.9, 1],
  transformer: [0.5, 0.8, 0.85],
};

/** Bytes that a process holds beside the weights once it has answered. Measured. */
const PROCESS_BYTES = 150e6;

/** Tokens in the table of a text tower of OpenAI's; of the table only the rows in use are held. */
const TOKENS = 49_408;

/** Bytes that each picture of a batch adds: activations of the widest layers. Measured. */
const PICTURE_BYTES: Readonly<Record<"resnet" | "transformer", number>> = {
  resnet: 15e6,
  transformer: 3.5e6,
};

const kindOf = ({ name }: RegistryEntry): "resnet" | "transformer" =>
  name.startsWith("RN") ? "resnet" : "transformer";

/** ms of one picture. */
export function estimateMs(entry: RegistryEntry, batch: (typeof BATCHES)[number], rate: number): number {
  const share = SHARES[kindOf(entry)][BATCHES.indexOf(batch)]!;
  return (1000 * entry.gflops.image) / (rate * share);
}

/** Bytes of the process that holds both towers and computes such batches. */
export function estimateMemory(entry: RegistryEntry, precision: "fp32" | "int8", batch: number): number {
  const { total, visual } = entry.parameters;
  // Width of the text tower: 512, and 768 for the large variants, whose text towers have twice the parameters.
  const width = total - visual > 1e8 ? 768 : 512;
  // A ResNet's convolutions are rearranged when they are opened, and part of them is held twice.
  const twice = kindOf(entry) === "resnet" ? visual / 2 : 0;
  const held = total - TOKENS * width + twice;
  // Activations grow with the area of the picture, 224 pixels being what was measured.
  const picture = PICTURE_BYTES[kindOf(entry)] * (entry.inputPx / 224) ** 2;
  return PROCESS_BYTES + held * (precision === "int8" ? 1 : 4) + (batch - 1) * picture;
}
