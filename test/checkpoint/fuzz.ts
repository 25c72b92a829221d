import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSource } from "../../src/checkpoint/open.js";
import { ClipError } from "../../src/errors.js";

/** mulberry32: small, seeded, the same everywhere. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Values that lengths and offsets turn into when they lie. */
const LIES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0xffffffff];

/** One to eight damages of the kinds that break parsers. The places prefer both ends, where the structures are. */
export function mutate(original: Uint8Array, next: () => number): Uint8Array {
  let bytes = Buffer.from(original);
  const place = (): number => {
    const near = Math.floor(next() ** 3 * bytes.length);
    return Math.max(0, Math.min(bytes.length - 1, next() < 0.5 ? near : bytes.length - 1 - near));
  };
  for (let count = 1 + Math.floor(next() * 8); count > 0 && bytes.length > 8; count--) {
    const at = place();
    const kind = Math.floor(next() * 7);
    if (kind === 0) bytes[at] = bytes[at]! ^ (1 << Math.floor(next() * 8));
    else if (kind === 1) bytes[at] = Math.floor(next() * 256);
    else if (kind === 2) bytes = bytes.subarray(0, Math.max(8, at));
    else if (kind === 3) {
      const added = Buffer.from(
        Array.from({ length: 1 + Math.floor(next() * 16) }, () => Math.floor(next() * 256)),
      );
      bytes = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
    } else if (kind === 4)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + Math.floor(next() * 16))]);
    else if (kind === 5 && at + 4 <= bytes.length)
      bytes.writeUInt32LE(LIES[Math.floor(next() * LIES.length)]!, at);
    else {
      const from = place();
      const piece = Buffer.from(bytes.subarray(from, from + 1 + Math.floor(next() * 64)));
      bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
    }
  }
  return bytes;
}

/** Opens and reads everything; gives the code of the error or `"read"`. Anything but a checkpoint error is thrown on. */
export async function outcome(path: string): Promise<string> {
  try {
    const source = await openSource(path);
    if (source.kind !== "weights") return source.kind;
    await using weights = source;
    for (const tensor of weights.tensors.values()) {
      if (tensor.read().byteLength !== tensor.byteLength)
        throw new Error(`${tensor.name} has another length than it says`);
    }
    return "read";
  } catch (error) {
    if (error instanceof ClipError && error.code.startsWith("checkpoint.")) return error.code;
    throw error;
  }
}

/** Damages a file with one seed a round; a failure names the seed. */
export async function fuzz(
  folder: string,
  original: Uint8Array,
  seeds: { readonly first: number; readonly count: number },
): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  const path = join(folder, "damaged");
  for (let seed = seeds.first; seed < seeds.first + seeds.count; seed++) {
    writeFileSync(path, mutate(original, random(seed)));
    try {
      const code = await outcome(path);
      seen.set(code, (seen.get(code) ?? 0) + 1);
    } catch (error) {
      throw new Error(`seed ${seed} fails`, { cause: error });
    }
  }
  return seen;
}
