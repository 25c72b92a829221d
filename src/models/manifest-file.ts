import { ClipError } from "../errors.js";
import { JsonObject } from "./json.js";
import type {
  HubCleaning,
  ImageTower,
  ModelManifest,
  Preprocessing,
  Scoring,
  ScriptTower,
  TextTower,
  TokenizerSpec,
} from "./manifest.js";

/** Bounds of what a manifest may ask for: far above any model, low enough that a picture or a text stays small. */
const MOST_PIXELS = 4096;
const MOST_TOKENS = 1 << 16;
const MOST_DIM = 1 << 20;

const HUB_CLEANINGS = [
  "siglip",
  "lower-case",
  "whitespace",
  "canonicalize",
] as const satisfies readonly HubCleaning[];

/** Templates, scripts and languages that a manifest may list. */
const MOST_ITEMS = 1000;

/** Text towers for scripts of their own. */
const MOST_TOWERS = 16;

/** The files that decide what features are, relative to the manifest. */
export function featureFiles(manifest: ModelManifest): string[] {
  return [manifest.image.file, ...textFiles(manifest.text), ...scriptFiles(manifest)];
}

function textFiles({ file, tokenizer }: TextTower): string[] {
  return [file, ...(tokenizer.kind === "huggingface" ? [tokenizer.file] : [])];
}

/** The files of the text towers that read texts of their scripts alone. */
export function scriptFiles({ textByScript = [] }: ModelManifest): string[] {
  return textByScript.flatMap(({ tower }) => textFiles(tower));
}

/** What the SHA-256 is taken of that is a model's revision where its manifest states none; `hashes` are those of `featureFiles`. */
export function revisionText(manifest: ModelManifest, hashes: readonly string[]): string {
  // Licence, languages and what may be cut are no part of what determines the features.
  const { license: _, languages: __, shorterDims: ___, ...facts } = manifest;
  return JSON.stringify({ manifest: facts, hashes });
}

/** The fields of a zeroclip.json, checked. `revision` is empty where the file has none. */
export function parseManifest(json: Readonly<Record<string, unknown>>, where: string): ModelManifest {
  const root = JsonObject.of(json, where, "model.manifest");
  root.integer("formatVersion", 1, 1);
  root.oneOf("kind", ["two-tower-onnx"]);
  const parameters = root.object("parameters");
  const knownScripts = root.has("knownScripts") ? list(root, "knownScripts") : undefined;
  const languages = root.has("languages") ? list(root, "languages") : undefined;
  return {
    formatVersion: 1,
    name: root.string("name"),
    revision: root.string("revision", ""),
    precision: precisionOf(root),
    dim: root.integer("dim", 1, MOST_DIM),
    ...(root.has("shorterDims")
      ? { shorterDims: root.integers("shorterDims", 1, MOST_DIM, MOST_ITEMS) }
      : {}),
    logitScale: positive(root, "logitScale"),
    ...(root.has("measuredLogitScale") ? { measuredLogitScale: positive(root, "measuredLogitScale") } : {}),
    ...(root.has("scoring") ? { scoring: scoring(root.object("scoring")) } : {}),
    image: imageTower(root.object("image")),
    text: textTower(root.object("text")),
    ...(root.has("textByScript")
      ? { textByScript: root.objects("textByScript", MOST_TOWERS).map(scriptTower) }
      : {}),
    parameters: {
      image: parameters.integer("image", 0, Number.MAX_SAFE_INTEGER),
      text: parameters.integer("text", 0, Number.MAX_SAFE_INTEGER),
    },
    templates: list(root, "templates"),
    ...(knownScripts ? { knownScripts } : {}),
    ...(languages ? { languages } : {}),
    ...(root.has("license") ? { license: root.string("license") } : {}),
  };
}

function scoring(object: JsonObject): Scoring {
  return object.oneOf("kind", ["softmax", "sigmoid"]) === "softmax"
    ? { kind: "softmax" }
    : { kind: "sigmoid", bias: object.number("bias") };
}

/** What it computes in (`int8 matrices; arithmetic in fp32`), else the first word; all else is for people. */
function precisionOf(root: JsonObject): ModelManifest["precision"] {
  const words = root.string("precision", "fp32");
  const word = /arithmetic in (\w+)/.exec(words)?.[1] ?? words.split(" ", 1)[0];
  const found = (["fp32", "fp16", "int8"] as const).find((precision) => precision === word);
  if (found) return found;
  throw root.wrong("precision", "a text that begins with fp32, fp16 or int8");
}

/** Pixels enter as bytes: whatever normalisation a tower needs is in its graph. */
function imageTower(image: JsonObject): ImageTower {
  return {
    file: fileName(image, "file"),
    input: image.string("input"),
    output: image.string("output"),
    pixels: { layout: "u8-nhwc" },
    preprocessing: preprocessing(image),
  };
}

function preprocessing(image: JsonObject): Preprocessing {
  const size = image.integer("size", 1, MOST_PIXELS);
  const resize = image.object("resize");
  const squash = resize.oneOf("mode", ["shorter-side", "squash"]) === "squash";
  if (!squash) resize.integer("crop", size, size);
  return {
    size,
    resizeTo: squash ? "squash" : resize.integer("resizeTo", size, MOST_PIXELS),
    filter: resize.oneOf("filter", ["bicubic", "bilinear", "lanczos", "nearest"]),
    style: resize.has("style") ? resize.oneOf("style", ["openai", "huggingface"]) : "openai",
  };
}

/** `inputs`: the one of ids, and after it that of the mask where the tower has one. */
function textTower(text: JsonObject): TextTower {
  const [idsInput, maskInput, ...more] = text.strings("inputs");
  if (idsInput === undefined || more.length > 0) throw text.wrong("inputs", "one or two names");
  return {
    file: fileName(text, "file"),
    idsInput,
    idsType: text.oneOf("idsType", ["int32", "int64"], "int64"),
    ...(maskInput === undefined ? {} : { maskInput }),
    ...(text.has("prefixInput") ? { prefixInput: text.string("prefixInput") } : {}),
    output: text.string("output"),
    tokenizer: typeof text.fields["tokenizer"] === "object" ? ownTokenizer(text) : fileTokenizer(text),
  };
}

function scriptTower(object: JsonObject): ScriptTower {
  return { scripts: list(object, "scripts"), tower: textTower(object) };
}

/** A tokenizer.json in the folder. */
function fileTokenizer(text: JsonObject): TokenizerSpec {
  return {
    kind: "huggingface",
    file: fileName(text, "tokenizer"),
    maxLength: text.integer("maxLength", 2, MOST_TOKENS),
    padTokenId: text.integer("padTokenId", 0, 2 ** 31 - 1),
    padToMaxLength: text.boolean("padToMaxLength", false),
    ...(text.has("cleaning") ? { cleaning: text.oneOf("cleaning", HUB_CLEANINGS) } : {}),
  };
}

/** The original's, which is in the package. */
function ownTokenizer(text: JsonObject): TokenizerSpec {
  const tokenizer = text.object("tokenizer");
  tokenizer.oneOf("kind", ["clip-bpe"]);
  return {
    kind: "clip-bpe",
    contextLength: tokenizer.integer("contextLength", 2, MOST_TOKENS),
    ...(tokenizer.has("cleaning")
      ? { cleaning: tokenizer.oneOf("cleaning", ["original", "transformers"]) }
      : {}),
  };
}

/** A name inside the manifest's folder. */
function fileName(object: JsonObject, key: string): string {
  const name = object.string(key);
  const parts = name.split("/");
  if (/[\\:\0]/.test(name) || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw object.wrong(key, "a file inside the folder");
  }
  return name;
}

function positive(object: JsonObject, key: string): number {
  const value = object.number(key);
  if (value > 0) return value;
  throw object.wrong(key, "a positive number");
}

function list(object: JsonObject, key: string): readonly string[] {
  const items = object.strings(key);
  if (items.length >= 1 && items.length <= MOST_ITEMS) return items;
  throw new ClipError(
    "model.manifest",
    `Expected ${object.where}: ${key} to list 1 to ${MOST_ITEMS} texts but received ${items.length}.`,
  );
}
