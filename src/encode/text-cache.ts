import { createHash } from "node:crypto";
import { KEY_BYTES } from "../cache/key-table.js";
import type { TokenIds } from "../text/tokenizer.js";

/** Token ids → the key of their feature. */
export function tokensKey({ ids }: TokenIds): Uint8Array {
  return createHash("sha256").update(Int32Array.from(ids)).digest().subarray(0, KEY_BYTES);
}

/** A label and the templates of its prompts → the key of their mean. */
export function labelKeys(labels: readonly string[], templates: readonly string[]): Uint8Array[] {
  const forms = createHash("sha256").update(JSON.stringify(templates)).digest();
  return labels.map((label) =>
    createHash("sha256").update(forms).update(label).digest().subarray(0, KEY_BYTES),
  );
}
