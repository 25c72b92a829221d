import { createHash } from "node:crypto";
import { KEY_BYTES } from "../cache/key-table.js";
import type { TokenIds } from "../text/tokenizer.js";

/** Token ids → the key of their feature. */
export function tokensKey({ ids }: TokenIds): Uint8Array {
  return createHash("sha256").update(Int32Array.from(ids)).digest().subarray(0, KEY_BYTES);
}

/** A label's prompts and how much each counts → the key of their mean. */
export function promptsKey(
  prompts: readonly { readonly text: string; readonly weight: number }[],
): Uint8Array {
  const all = JSON.stringify(prompts.map(({ text, weight }) => [text, weight]));
  return createHash("sha256").update(all).digest().subarray(0, KEY_BYTES);
}
