import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openSource } from "../../src/checkpoint/open.js";
import type { WeightsSource } from "../../src/checkpoint/source.js";
import type { TensorMap } from "../../src/checkpoint/tensor.js";
import { tensorToF32 } from "../../src/checkpoint/to-f32.js";

/** A file or folder of test/golden/checkpoint (made by tools/goldens/checkpoints.py). */
export function golden(name: string): string {
  return fileURLToPath(new URL(`../golden/checkpoint/${name}`, import.meta.url));
}

/** Name, type, sizes and digest of a tensor as the tool that wrote it reads it back. */
export type ExpectedTensor = readonly [name: string, dtype: string, shape: readonly number[], digest: string];

interface Expected {
  readonly files: Readonly<Record<string, number>>;
  readonly sets: readonly (readonly ExpectedTensor[])[];
}

const expected = JSON.parse(readFileSync(golden("expected.json"), "utf8")) as Expected;

export const goldenNames: readonly string[] = Object.keys(expected.files);

export function expectedTensors(name: string): readonly ExpectedTensor[] {
  const tensors = expected.sets[expected.files[name] ?? -1];
  if (!tensors) throw new Error(`test/golden/checkpoint/expected.json has no ${name}`);
  return tensors;
}

/** Opens what must be weights. */
export async function openWeights(path: string): Promise<WeightsSource> {
  const source = await openSource(path);
  if (source.kind !== "weights") throw new Error(`${path} is ${source.kind}`);
  return source;
}

/** All tensors in the goldens' form and order (by code point, as Python sorts). */
export function listing(tensors: TensorMap): ExpectedTensor[] {
  const rows = [...tensors.values()].map((tensor): ExpectedTensor => {
    const values = tensorToF32(tensor).map((value) => (Number.isNaN(value) ? Number.NaN : value));
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return [
      tensor.name,
      tensor.dtype,
      tensor.shape,
      createHash("sha256").update(bytes).digest("hex").slice(0, 16),
    ];
  });
  return rows.sort((a, b) => (a[0] < b[0] ? -1 : 1));
}
