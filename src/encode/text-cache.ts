import { createHash, hash } from "node:crypto";
import { writeDigest } from "../cache/digest.js";
import { KEY_BYTES } from "../cache/key-table.js";
import type { TokenIds } from "../text/tokenizer.js";
import type { LabelParts } from "./label-cache.js";

/** Token ids → the key of their feature; `mark` tells apart what several text towers of a model make of the same numbers. */
export function tokensKey({ ids }: TokenIds, mark = ""): Uint8Array {
  return createHash("sha256").update(Int32Array.from(ids)).update(mark).digest().subarray(0, KEY_BYTES);
}

/**
 * Labels → the keys of their vectors. `recipe` is all that makes prompts of a label (any JSON): templates are not filled, since
 * 1,000 labels have 80,000 prompts.
 */
export function labelKeys(labels: readonly LabelParts[], recipe: unknown): Uint8Array[] {
  const common = hash("sha256", JSON.stringify(recipe));
  const keys = new Uint8Array(labels.length * KEY_BYTES);
  return labels.map(({ words, own }, i) => {
    writeDigest(common + JSON.stringify([words, own]), keys, i * KEY_BYTES, KEY_BYTES);
    return keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES);
  });
}
