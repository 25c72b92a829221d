import type { TokenizerSpec } from "../models/manifest.js";
import type { Tokenizer } from "../text/tokenizer.js";

/** The tokenizer that a manifest asks for; `readJson` reads a file beside it. Each kind is loaded when it is asked for. Raises `text.tokenizer`. */
export async function tokenizerOf(
  spec: TokenizerSpec,
  readJson: (file: string) => Promise<unknown>,
): Promise<Tokenizer> {
  if (spec.kind === "clip-bpe") return (await import("../text/clip-tokenizer.js")).createClipTokenizer(spec);
  const [{ createHuggingFaceTokenizer }, json] = await Promise.all([
    import("../text/huggingface-tokenizer.js"),
    readJson(spec.file),
  ]);
  const { maxLength, padTokenId, cleaning } = spec;
  return createHuggingFaceTokenizer(json, { maxLength, padTokenId, cleaning });
}
