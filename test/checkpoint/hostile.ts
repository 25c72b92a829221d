import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tensorToF32 } from "../../src/checkpoint/to-f32.js";
import { openWeights } from "./goldens.js";
import { type Piece, pickle, put, tensor, torchZip } from "./pack.js";

/** Opens those bytes as a file and reads all of it. */
export async function readAll(bytes: Uint8Array): Promise<Map<string, Float32Array>> {
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-hostile-"));
  try {
    await using source = await openWeights(put(folder, bytes));
    return new Map([...source.tensors].map(([name, found]) => [name, tensorToF32(found)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes that must fail with that code and a sentence like that. */
type Case = readonly [what: string, code: string, sentence: RegExp, bytes: () => Uint8Array];

/** One test a case. */
export function check(cases: readonly Case[]): void {
  test.each(cases)("%s: %s", async (_what, code, sentence, bytes) => {
    await expect(readAll(bytes())).rejects.toMatchObject({
      name: "ClipError",
      code,
      message: expect.stringMatching(sentence),
    });
  });
}

/** A tensor of 2 × 3 floats. */
export const good = tensor([2, 3], [3, 1]);
/** A torch archive of that pickle and one storage of 6 zeros. */
export const archive = (...pieces: Piece[]): Buffer => torchZip(pickle(...pieces));
