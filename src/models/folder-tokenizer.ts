import { existsSync } from "node:fs";
import { join } from "node:path";
import { ClipError } from "../errors.js";
import { JsonObject } from "./json.js";
import { readTokenizerFile, TOKENIZER_FILES } from "./tokenizer-file.js";
import { optionalJson, padTokenOf } from "./tokenizer-json.js";

/** A folder's tokenizer: the path of its file, its kind, and the id that fills short rows. */
export interface FolderTokenizer {
  readonly file: string;
  /** `WordPiece`, `Unigram`, `BPE`, … */
  readonly kind: string;
  readonly padTokenId: number;
}

/** Finds a folder's tokenizer. Raises `model.unsupported` where there is none, or one that fills rows up on the left. */
export async function findTokenizer(folder: string): Promise<FolderTokenizer> {
  const name = TOKENIZER_FILES.find((one) => existsSync(join(folder, one)));
  if (name === undefined) {
    const others = `${TOKENIZER_FILES.slice(1, -1).join(", ")} or ${TOKENIZER_FILES.at(-1)}`;
    const message = `Expected ${folder} to hold a tokenizer.json (or ${others}, or say that the original's rules are to be used).`;
    throw new ClipError("model.unsupported", message);
  }
  const file = join(folder, name);
  const tokenizer = JsonObject.parse(await readTokenizerFile(file), file, "model.unsupported");
  const config = await optionalJson(join(folder, "tokenizer_config.json"));
  config.oneOf("padding_side", ["right"], "right");
  const fallback = tokenizer.fields.added_tokens;
  const padding = Array.isArray(fallback) ? fallback.find((token) => PADDING.has(token?.content)) : undefined;
  const named = config.has("pad_token") || tokenizer.has("padding") || typeof padding?.id !== "number";
  return {
    file,
    kind: tokenizer.optionalObject("model").string("type", ""),
    padTokenId: named ? padTokenOf(tokenizer, config) : padding.id,
  };
}

/** What the padding token is called where nothing says which it is. */
const PADDING: ReadonlySet<unknown> = new Set(["[PAD]", "<pad>"]);
