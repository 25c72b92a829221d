import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { OnnxSource, OnnxVariant, OnnxVariantName } from "../checkpoint/source.js";
import { ClipError } from "../errors.js";
import { type DeclaredPort, type GraphOutline, readOutline } from "../graph/reader.js";
import { findTokenizer } from "./folder-tokenizer.js";
import { huggingFacePreprocessing } from "./huggingface-config.js";
import { JsonObject } from "./json.js";
import type { ModelManifest, OpenedModel, PixelInput } from "./manifest.js";
import { optionalJson } from "./tokenizer-json.js";
import { hashFiles } from "./weights-hash.js";

/** Which precision each form computes in, best first; 4-bit forms count as int8. */
const PRECISIONS: Readonly<Record<OnnxVariantName, ModelManifest["precision"]>> = {
  fp32: "fp32",
  fp16: "fp16",
  quantized: "int8",
  int8: "int8",
  uint8: "int8",
  q4: "int8",
  q4f16: "int8",
  bnb4: "int8",
};

/** exp(logit_scale) of every model trained as CLIP was: its training stops the scale at 100 (CLIP paper, section 2.5). */
const USUAL_LOGIT_SCALE = 100;

export interface OnnxFolderOptions {
  readonly name: string;
  /** Where hashes are remembered. */
  readonly cacheFolder: string;
  /** Which of the folder's forms to open; default: the best one, in the order fp32, fp16, quantized, int8, … */
  readonly variant?: OnnxVariantName | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((stage: "hash", done: number, total: number) => void) | undefined;
}

/**
 * A folder in transformers.js's layout (`onnx/vision_model.onnx`, `onnx/text_model.onnx`, configuration beside) as a
 * runnable model. Its graphs do not carry the logit scale (config.json only has the value that training began with): it
 * is taken to be 100. Raises `model.unsupported` where the folder is of another kind.
 */
export async function openOnnxFolder(source: OnnxSource, options: OnnxFolderOptions): Promise<OpenedModel> {
  const { folder } = source;
  const variant = chooseVariant(source, options.variant);
  const { vision: imageFile, text: textFile } = variant;
  const [image, text] = [await outlineOf(join(folder, imageFile)), await outlineOf(join(folder, textFile))];
  const pixels = input(image, ["pixel_values"], ["f32"], imageFile);
  const ids = input(text, ["input_ids"], ["i64", "i32"], textFile);
  const [imageOutput, textOutput] = [
    output(image, "image_embeds", imageFile),
    output(text, "text_embeds", textFile),
  ];

  const tokenizer = await findTokenizer(folder);
  const config = JsonObject.of(source.config?.json ?? {}, join(folder, "config.json"), "model.unsupported");
  const { preprocessing, normalisation } = huggingFacePreprocessing(
    await optionalJson(join(folder, "preprocessor_config.json")),
  );
  const size = preprocessing.size ?? 224;
  const maxLength = config.optionalObject("text_config").integer("max_position_embeddings", 2, 1 << 16, 77);
  const layout: PixelInput = { layout: "f32-nchw", ...normalisation };
  const facts: Omit<ModelManifest, "name" | "revision"> = {
    formatVersion: 1,
    precision: PRECISIONS[variant.name],
    dim: dimOf(imageOutput, config.integer("projection_dim", 1, 1 << 20, 512)),
    logitScale: USUAL_LOGIT_SCALE,
    image: {
      file: imageFile,
      input: pixels.name,
      output: imageOutput.name,
      pixels: layout,
      preprocessing: {
        size,
        resizeTo: preprocessing.resizeTo === "size" ? size : preprocessing.resizeTo,
        filter: preprocessing.filter,
        style: "huggingface",
      },
    },
    text: {
      file: textFile,
      idsInput: ids.name,
      idsType: ids.type === "i32" ? "int32" : "int64",
      ...(text.inputs.some((port) => port.name === "attention_mask") ? { maskInput: "attention_mask" } : {}),
      output: textOutput.name,
      tokenizer: {
        kind: "huggingface",
        file: "tokenizer.json",
        maxLength,
        padTokenId: tokenizer.padTokenId,
        padToMaxLength: typeof ids.shape[1] === "number",
      },
    },
    parameters: { image: image.parameters, text: text.parameters },
    templates: ["a photo of a {}."],
  };
  const hashes = await hashFiles([...variant.files, tokenizer.file], options.cacheFolder, {
    signal: options.signal,
    onProgress: (done, total) => options.onProgress?.("hash", done, total),
  });
  const revision = createHash("sha256").update(JSON.stringify({ facts, hashes })).digest("hex");
  return { folder, manifest: { ...facts, name: options.name, revision } };
}

function chooseVariant({ folder, variants }: OnnxSource, wanted: OnnxVariantName | undefined): OnnxVariant {
  const order = Object.keys(PRECISIONS);
  const sorted = [...variants].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const chosen = wanted === undefined ? sorted[0] : sorted.find(({ name }) => name === wanted);
  if (chosen) return chosen;
  const names = sorted.map(({ name }) => name).join(", ");
  throw new ClipError("model.unsupported", `Expected one of ${names} in ${folder} but received "${wanted}".`);
}

async function outlineOf(path: string): Promise<GraphOutline> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const readAt = (offset: number, length: number): Uint8Array => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(handle.fd, bytes, 0, length, offset));
    };
    return readOutline(readAt, size);
  } finally {
    await handle.close();
  }
}

function input(
  outline: GraphOutline,
  names: readonly string[],
  types: readonly string[],
  file: string,
): DeclaredPort {
  const found = outline.inputs.find((port) => names.includes(port.name) && types.includes(port.type));
  if (found) return found;
  const came = outline.inputs.map((port) => `${port.name} (${port.type})`).join(", ");
  const message = `Expected ${file} to take ${names[0]} (${types.join(" or ")}) but it takes ${came}.`;
  throw new ClipError("model.unsupported", message);
}

function output(outline: GraphOutline, name: string, file: string): DeclaredPort {
  const found = outline.outputs.find((port) => port.name === name && port.type === "f32");
  if (found) return found;
  const came = outline.outputs.map((port) => `${port.name} (${port.type})`).join(", ");
  throw new ClipError("model.unsupported", `Expected ${file} to give ${name} (f32) but it gives ${came}.`);
}

function dimOf(port: DeclaredPort, fallback: number): number {
  const last = port.shape.at(-1);
  return typeof last === "number" ? last : fallback;
}
