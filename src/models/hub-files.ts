import { ClipError } from "../errors.js";
import type { Checksum } from "./checksum.js";

/** A file of a Hugging Face repository: its path there, and its size and hash where the API told them. */
export interface HubFile {
  readonly path: string;
  readonly size?: number;
  readonly checksum?: Checksum;
}

/** A set of files that makes a model: the config, a match for each pattern of weights, what exists of `beside`. */
interface Shape {
  readonly config: string;
  readonly weights: readonly RegExp[];
  readonly beside: readonly string[];
}

const TOKENIZER = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"];
/** Read only where there is no tokenizer.json. */
const OLD_TOKENIZER = ["vocab.json", "merges.txt", "vocab.txt", "sentencepiece.bpe.model", "spiece.model"];

/**
 * Ways in which a repository holds a CLIP, best first: open_clip's own files where they are complete and safe to
 * read, then transformers', then the pickled forms, then transformers.js's ONNX pairs.
 * Within one pattern either one file matches, or a set of shards `-00001-of-00002` with their index.
 */
const SHAPES: readonly Shape[] = [
  {
    config: "open_clip_config.json",
    weights: [/^open_clip_model\.safetensors$/],
    beside: TOKENIZER,
  },
  {
    config: "config.json",
    weights: [/^model(?:-\d{5}-of-\d{5})?\.safetensors(?:\.index\.json)?$/],
    beside: ["preprocessor_config.json", ...TOKENIZER],
  },
  {
    config: "open_clip_config.json",
    weights: [/^open_clip_pytorch_model\.bin$/],
    beside: TOKENIZER,
  },
  {
    config: "config.json",
    weights: [/^pytorch_model(?:-\d{5}-of-\d{5})?\.bin(?:\.index\.json)?$/],
    beside: ["preprocessor_config.json", ...TOKENIZER],
  },
  ...["", "_fp16", "_quantized", "_int8", "_uint8"].map((suffix) => ({
    config: "config.json",
    weights: ["vision", "text"].map(
      (tower) => new RegExp(`^onnx/${tower}_model${suffix}\\.onnx(?:[._]data)?$`),
    ),
    beside: ["preprocessor_config.json", ...TOKENIZER],
  })),
];

/** Most shards of one model; the largest CLIP published has fewer than ten. */
const MAX_FILES = 64;
/** All files together; the largest CLIP published (5 billion parameters in f32) takes 20 GB. */
const MAX_BYTES = 24e9;

/** The weights that match, or none where the set is not complete: one whole file, or all shards with their index. */
function completeWeights(pattern: RegExp, files: readonly HubFile[]): readonly HubFile[] {
  const matches = files.filter((file) => pattern.test(file.path));
  const shards = matches.filter((file) => /-\d{5}-of-\d{5}\./.test(file.path));
  const index = matches.filter((file) => file.path.endsWith(".index.json"));
  const whole = matches.filter((file) => !shards.includes(file) && !index.includes(file));
  if (whole.some((file) => !/data$/.test(file.path))) return whole;
  const count = Number(/-of-(\d{5})\./.exec(shards[0]?.path ?? "")?.[1] ?? 0);
  return index.length === 1 && count > 0 && shards.length === count ? [...index, ...shards] : [];
}

/**
 * Of all files of a repository the few that the model needs, config first. Names are only ever taken from the fixed
 * list above, so that nothing a server says can leave the folder. Errors: `model.unsupported` where the repository
 * holds no CLIP in a known form, or one beyond the bounds.
 */
export function chooseFiles(id: string, files: readonly HubFile[]): readonly HubFile[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const named = (paths: readonly string[]) => paths.flatMap((path) => byPath.get(path) ?? []);
  for (const shape of SHAPES) {
    const config = named([shape.config]);
    const weights = shape.weights.map((pattern) => completeWeights(pattern, [...byPath.values()]));
    if (config.length === 0 || weights.some((found) => found.length === 0)) continue;
    const old = byPath.has("tokenizer.json") ? [] : OLD_TOKENIZER;
    const chosen = [...config, ...named([...shape.beside, ...old]), ...weights.flat()];
    const bytes = chosen.reduce((sum, file) => sum + (file.size ?? 0), 0);
    if (chosen.length <= MAX_FILES && bytes <= MAX_BYTES) return chosen;
    throw new ClipError(
      "model.unsupported",
      `Expected at most ${MAX_FILES} files of ${MAX_BYTES / 1e9} GB together but ${id} needs ${chosen.length} of ${bytes / 1e9} GB.`,
    );
  }
  throw new ClipError(
    "model.unsupported",
    `Expected config.json or open_clip_config.json with safetensors, PyTorch or ONNX weights in ${id} but it holds ${describe(files)}.`,
  );
}

function describe(files: readonly HubFile[]): string {
  const names = files.slice(0, 8).map((file) => file.path.slice(0, 80));
  if (names.length === 0) return "no files";
  return files.length > names.length
    ? `${names.join(", ")} and ${files.length - names.length} more`
    : names.join(", ");
}
