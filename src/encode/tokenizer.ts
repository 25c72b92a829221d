import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ClipError } from "../errors.js";
import type { TokenizerSpec } from "../models/manifest.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { tokenizerOf } from "./tokenizer-of.js";

/** The tokenizer that a model's manifest asks for; files are read from the model's folder. Raises `text.tokenizer`. */
export function openTokenizer(folder: string, spec: TokenizerSpec): Promise<Tokenizer> {
  return tokenizerOf(spec, async (file) => {
    const path = join(folder, file);
    try {
      return JSON.parse(await readFile(path, "utf8"));
    } catch (error) {
      throw new ClipError("text.tokenizer", `Expected a tokenizer in JSON at ${path} but it can't be read.`, {
        cause: error,
      });
    }
  });
}
