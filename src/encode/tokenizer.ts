import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ClipError } from "../errors.js";
import type { TokenizerSpec } from "../models/manifest.js";
import { createClipTokenizer } from "../text/clip-tokenizer.js";
import { createHuggingFaceTokenizer } from "../text/huggingface-tokenizer.js";
import type { Tokenizer } from "../text/tokenizer.js";

/** The tokenizer that a model's manifest asks for; files are read from the model's folder. Raises `text.tokenizer`. */
export async function openTokenizer(folder: string, spec: TokenizerSpec): Promise<Tokenizer> {
  if (spec.kind === "clip-bpe") return createClipTokenizer(spec);
  const path = join(folder, spec.file);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new ClipError("text.tokenizer", `Expected a tokenizer in JSON at ${path} but it can't be read.`, {
      cause: error,
    });
  }
  const { maxLength, padTokenId, cleaning } = spec;
  return createHuggingFaceTokenizer(json, { maxLength, padTokenId, cleaning });
}
