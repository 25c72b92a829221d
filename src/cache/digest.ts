import { hash } from "node:crypto";

/** Writes the first `count` bytes of the SHA-256 of `data` from `at` on. By a string, as making a buffer takes longer than hashing a few kilobytes. */
export function writeDigest(data: Uint8Array | string, into: Uint8Array, at: number, count: number): void {
  const digest = hash("sha256", data, "binary");
  for (let i = 0; i < count; i++) into[at + i] = digest.charCodeAt(i);
}
