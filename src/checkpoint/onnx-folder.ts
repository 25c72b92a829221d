import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { ClipError } from "../errors.js";
import { filesIn } from "./folder.js";
import { type ExternalPiece, externalPieces } from "./onnx-external.js";
import { FileReader } from "./reader.js";
import { ONNX_VARIANTS, type OnnxVariant, type OnnxVariantName } from "./source.js";

/**
 * The precisions of a folder in transformers.js's layout, those of which both towers are there: `onnx/vision_model.onnx`
 * and `onnx/text_model.onnx`, or with an ending such as `_quantized`; the same files without `onnx/` are taken too.
 * External data that they name must lie beside them. Raises `checkpoint.unsafe`, `.truncated`, `.not-found` or `.format`.
 */
export function onnxVariants(folder: string): OnnxVariant[] {
  for (const inner of ["onnx", ""]) {
    const at = join(folder, inner);
    if (!existsSync(at)) continue;
    const files = new Set(filesIn(at));
    const pairs = ONNX_VARIANTS.map((name) => ({ name, ...towerNames(name) }));
    const whole = pairs.filter(({ vision, text }) => files.has(vision) && files.has(text));
    if (whole.length > 0)
      return whole.map(({ name, vision, text }) => variant(folder, inner, name, vision, text));
  }
  return [];
}

function towerNames(variant: OnnxVariantName): { vision: string; text: string } {
  const ending = variant === "fp32" ? "" : `_${variant}`;
  return { vision: `vision_model${ending}.onnx`, text: `text_model${ending}.onnx` };
}

function variant(
  folder: string,
  inner: string,
  name: OnnxVariantName,
  vision: string,
  text: string,
): OnnxVariant {
  const inside = (file: string): string => (inner === "" ? file : `${inner}/${file}`);
  const files = [vision, text].flatMap((file) => filesOf(join(folder, inner, file), folder));
  return { name, vision: inside(vision), text: inside(text), files: [...new Set(files)] };
}

/** An ONNX file and the files that its tensors name. */
function filesOf(path: string, folder: string): string[] {
  const reader = new FileReader(path);
  try {
    const sizes = new Map<string, number>();
    for (const piece of externalPieces(reader)) checkPiece(piece, path, folder, sizes);
    return [path, ...sizes.keys()];
  } finally {
    reader.close();
  }
}

function checkPiece(
  { location, offset, length }: ExternalPiece,
  path: string,
  folder: string,
  sizes: Map<string, number>,
): void {
  const isRelative =
    location !== "" && !/^\/|^[A-Za-z]:|[\\\0]/.test(location) && !location.split("/").includes("..");
  if (!isRelative) {
    const shown = JSON.stringify(location.slice(0, 200));
    throw new ClipError(
      "checkpoint.unsafe",
      `Expected external data inside ${folder} but ${path} names ${shown}.`,
    );
  }
  const file = join(dirname(path), location);
  const size = sizes.get(file) ?? sizeOf(file);
  sizes.set(file, size);
  if (offset + length <= size) return;
  const message = `Expected ${file} to have at least ${offset + length} bytes, as ${path} says, but it has ${size}.`;
  throw new ClipError("checkpoint.truncated", message);
}

function sizeOf(file: string): number {
  const reader = new FileReader(file);
  reader.close();
  return reader.size;
}
