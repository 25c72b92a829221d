import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LabelledSet } from "../../src/evaluate/data/labelled-set.js";
import { withSide } from "../../src/graph/gradient/resized.js";
import { seeded } from "../../src/math/random.js";
import { type Embedding, unit } from "../../src/math/unit.js";
import { readSquares, type Squares } from "../../src/robust/squares.js";
import { openSubject, type Subject } from "../../src/robust/subject.js";
import type { FloatTower } from "../../src/robust/tower.js";
import { resized } from "../../src/robust/train/variant.js";
import { CHECKPOINTS } from "../models/golden.js";
import { PICTURES } from "../support/command.js";

export const VIT = `${CHECKPOINTS}tiny-vit.openai.pt`;
export const RESNET = `${CHECKPOINTS}tiny-rn.openai.pt`;

/** A side at which the starter takes a quarter of its time. */
export const SIDE = 128;

const NAMES = ["astronaut", "cat", "coffee", "rocket"] as const;

/** The four photos of the tests, each its own class. */
export const SET: LabelledSet = {
  name: "photos",
  kind: "folder",
  classes: NAMES.map((name) => ({ id: name, label: name })),
  pictures: NAMES.map((name, truth) => ({ name, truth, open: () => join(PICTURES, `${name}.jpg`) })),
  fingerprint: "photos",
};

/** The starter's image tower at a smaller side, and the photos as it reads them. */
export async function smallStarter(
  home: string,
): Promise<{ subject: Subject; tower: FloatTower; read: Squares }> {
  const subject = await openSubject(fileURLToPath(new URL("../../starter", import.meta.url)), { home });
  const { tower } = subject;
  const small = { ...tower, size: SIDE, graph: withSide(tower.graph, tower.size, SIDE) };
  const preprocessing = resized(subject.plan.manifest.image.preprocessing, SIDE);
  return { subject, tower: small, read: await readSquares(SET, SET.pictures, preprocessing, {}) };
}

/** Unit vectors by seed, as texts of tiny towers. */
export function vectors(count: number, dim: number, seed = 3): Embedding[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => unit(Float32Array.from({ length: dim }, () => random() - 0.5)));
}

/** Pixels by seed, f32 [count, size, size, 3], 40..215. */
export function pixels(count: number, size: number, seed = 7): Float32Array {
  const random = seeded(seed);
  return Float32Array.from({ length: count * size * size * 3 }, () => 40 + 175 * random());
}
