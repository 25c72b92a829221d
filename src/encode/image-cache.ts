import { createHash } from "node:crypto";
import { KEY_BYTES } from "../cache/key-table.js";
import type { ImageOptions } from "../image/options.js";
import type { Views } from "../image/views.js";

/**
 * Bytes of an encoded picture and all that decides which squares are taken of it → the key of its embedding. Limits
 * (`maxBytes`, `maxPixels`) are in it: a picture that they refuse must not be answered from before.
 */
export function pictureKey(bytes: Uint8Array, options: ImageOptions, views: Views): Uint8Array {
  const facts = Object.entries({ ...options, views }).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(`${JSON.stringify(facts)}\n`)
    .update(bytes)
    .digest()
    .subarray(0, KEY_BYTES);
}
