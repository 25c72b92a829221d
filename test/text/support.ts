import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { BYTES_BY_ID } from "../../src/text/bpe.js";
import { eachMerge } from "../../src/text/merges.js";

const golden = (name: string) => new URL(`../golden/text/${name}`, import.meta.url);

/** A golden file of one JSON value a line. */
export function goldenRows<T>(name: string): T[] {
  return gunzipSync(readFileSync(golden(name)))
    .toString("ascii")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}

export function goldenJson<T>(name: string): T {
  return JSON.parse(readFileSync(golden(name), "utf8")) as T;
}

interface ClipFile {
  readonly model: Record<string, unknown>;
}

/** CLIP's own tokenizer.json: the golden frame with the vocabulary and merges written out again. */
export function clipTokenizerJson(): ClipFile {
  const frame = goldenJson<ClipFile>("hub-clip-frame.json");
  const printable = (b: number) => (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b !== 0xad);
  let next = 256;
  const signs = BYTES_BY_ID.map((byte) => String.fromCharCode(printable(byte) ? byte : next++));
  const words = [...signs, ...signs.map((sign) => `${sign}</w>`)];
  const merges: [string, string][] = [];
  eachMerge((left, right) => {
    merges.push([words[left]!, words[right]!]);
    words.push(words[left]! + words[right]!);
  });
  words.push("<|startoftext|>", "<|endoftext|>");
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  return { ...frame, model: { ...frame.model, vocab, merges } };
}
