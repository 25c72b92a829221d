import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ClipError } from "../errors.js";
import { readSentencePiece } from "./sentencepiece.js";
import { optionalJson } from "./tokenizer-json.js";

/** Bytes of a tokenizer's file: Gemma's tokenizer.json, the largest in use, has 34 MB. */
const MOST_BYTES = 128 << 20;

/** Files that a tokenizer is in, the one that says most first. */
export const TOKENIZER_FILES = [
  "tokenizer.json",
  "vocab.txt",
  "sentencepiece.bpe.model",
  "spiece.model",
] as const;

/**
 * A tokenizer's file as the text of a tokenizer.json: that itself, or what transformers makes of BERT's vocab.txt, of XLM-RoBERTa's
 * sentencepiece.bpe.model and of T5's and SigLIP's spiece.model. Raises `model.unsupported` where it can't be.
 */
export async function readTokenizerFile(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MOST_BYTES) {
    throw new ClipError(
      "model.unsupported",
      `Expected a tokenizer of at most ${MOST_BYTES} bytes but ${path} has ${size}.`,
    );
  }
  const bytes = await readFile(path);
  if (path.endsWith(".txt")) return JSON.stringify(await wordPiece(bytes.toString("utf8"), path));
  if (path.endsWith(".model")) return JSON.stringify(unigram(bytes, path));
  return bytes.toString("utf8");
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly lstrip?: boolean;
}

function added({ id, content, lstrip = false }: AddedToken): object {
  return { id, content, lstrip, rstrip: false, single_word: false, normalized: false, special: true };
}

function template(before: readonly AddedToken[], after: readonly AddedToken[]): object {
  const special = ({ content }: AddedToken) => ({ SpecialToken: { id: content, type_id: 0 } });
  const single = [...before.map(special), { Sequence: { id: "A", type_id: 0 } }, ...after.map(special)];
  const tokens = [...before, ...after].map(({ id, content }) => [
    content,
    { id: content, ids: [id], tokens: [content] },
  ]);
  return { type: "TemplateProcessing", single, pair: single, special_tokens: Object.fromEntries(tokens) };
}

/** BERT's: a piece a line. Whether case and accents are dropped is said beside it; by default they are. */
async function wordPiece(text: string, path: string): Promise<object> {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const vocab = Object.fromEntries(lines.map((line, id) => [line.replace(/\r$/, ""), id]));
  const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map((content) => {
    const id = Object.hasOwn(vocab, content) ? vocab[content] : undefined;
    if (id !== undefined) return { id, content };
    throw new ClipError("model.unsupported", `Expected ${path} to have a line ${content} but it has none.`);
  });
  const config = await optionalJson(join(dirname(path), "tokenizer_config.json"));
  const [, , cls, sep] = special as [AddedToken, AddedToken, AddedToken, AddedToken];
  return {
    version: "1.0",
    added_tokens: special.map(added),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: config.boolean("tokenize_chinese_chars", true),
      strip_accents: config.has("strip_accents") ? config.boolean("strip_accents") : null,
      lowercase: config.boolean("do_lower_case", true),
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: template([cls], [sep]),
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

/** The ids of XLM-RoBERTa's own tokens, which stand before the file's pieces (transformers, convert_slow_tokenizer.py). */
const XLM_ROBERTA: readonly AddedToken[] = ["<s>", "<pad>", "</s>", "<unk>"].map((content, id) => ({
  content,
  id,
}));

function unigram(bytes: Uint8Array, path: string): object {
  const { pieces, unknownId, charactersMap } = readSentencePiece(bytes, path);
  const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true };
  const normalizer =
    charactersMap === "" ? null : { type: "Precompiled", precompiled_charsmap: charactersMap };
  if (basename(path) === "sentencepiece.bpe.model") {
    const mask = { content: "<mask>", id: pieces.length + 1, lstrip: true };
    const own = XLM_ROBERTA.map(({ content }) => [content, 0] as const);
    const [begin, , end] = XLM_ROBERTA as [AddedToken, AddedToken, AddedToken];
    return {
      version: "1.0",
      added_tokens: [...XLM_ROBERTA, mask].map(added),
      normalizer,
      pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, metaspace] },
      post_processor: template([begin], [end]),
      decoder: metaspace,
      model: { type: "Unigram", unk_id: 3, vocab: [...own, ...pieces.slice(3), ["<mask>", 0]] },
    };
  }
  const end = pieces.findIndex(([piece]) => piece === "</s>");
  if (end < 0) {
    throw new ClipError("model.unsupported", `Expected ${path} to have a piece </s> but it has none.`);
  }
  const endToken = { content: "</s>", id: end };
  return {
    version: "1.0",
    added_tokens: [endToken, { content: pieces[unknownId]![0], id: unknownId }].map(added),
    normalizer: normalizer && {
      type: "Sequence",
      normalizers: [
        { ...normalizer, longest: true },
        { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
        { type: "Strip", strip_left: true, strip_right: true },
      ],
    },
    pre_tokenizer: metaspace,
    post_processor: template([], [endToken]),
    decoder: metaspace,
    model: { type: "Unigram", unk_id: unknownId, vocab: pieces },
  };
}
