import { ClipError } from "../errors.js";
import { CONFIG_BYTES } from "./json-file.js";
import type { FileReader } from "./reader.js";
import { looksLikeSafetensors, readSafetensors } from "./safetensors.js";
import type { WeightsSource } from "./source.js";
import type { Scalar } from "./state-dict.js";
import type { NamedTensor } from "./tensor.js";
import { looksLikeTorchLegacy, readTorchLegacy, readTorchZip } from "./torch.js";

/** Bytes at a file's start that show what it is. */
const HEAD_BYTES = 512;

export interface WeightsFile {
  readonly format: WeightsSource["format"];
  readonly tensors: Map<string, NamedTensor>;
  readonly scalars: ReadonlyMap<string, Scalar>;
}

type Kind = "zip" | "torch-legacy" | "safetensors" | "json";

/** What a file is by its first bytes; undefined for what is no form of weights. */
export function kindOf(reader: FileReader): Kind | undefined {
  const head = reader.read(0, Math.min(reader.size, HEAD_BYTES));
  if (startsWith(head, "PK\x03\x04") || startsWith(head, "PK\x05\x06")) return "zip";
  if (looksLikeSafetensors(head)) return "safetensors";
  if (head[0] === 0x80 && looksLikeTorchLegacy(head)) return "torch-legacy";
  if (startsWith(head, "{") && reader.size <= CONFIG_BYTES) return "json";
  return undefined;
}

/** The tensors in a file of any form. Raises `checkpoint.format` where it is none of them, with what it seems to be. */
export function readWeightsFile(reader: FileReader): WeightsFile {
  switch (kindOf(reader)) {
    case "zip":
      return readTorchZip(reader);
    case "torch-legacy":
      return readTorchLegacy(reader);
    case "safetensors":
      return { format: "safetensors", tensors: readSafetensors(reader), scalars: new Map() };
    default:
      throw unknown(reader);
  }
}

/** Mistakes that people make most, by a file's first bytes. */
const SEEMINGS: readonly (readonly [start: string, seeming: string])[] = [
  ["version https://git-lfs", "a Git LFS pointer: fetch the file itself with git lfs pull"],
  ["<!DOCTYPE", "a web page: the download gave a page in place of the file"],
  ["<html", "a web page: the download gave a page in place of the file"],
  ["\x1f\x8b", "packed with gzip: unpack it first"],
  ["\x08", "an ONNX file: give the folder that holds both towers"],
  ["{", "JSON: give its folder or the weights beside it"],
  ["\x80", "a pickle that torch.save did not write"],
];

function unknown(reader: FileReader): ClipError {
  const head = reader.read(0, Math.min(reader.size, HEAD_BYTES));
  const seeming = SEEMINGS.find(([start]) => startsWith(head, start))?.[1] ?? "none of these";
  const came = reader.size === 0 ? "empty" : seeming;
  return new ClipError(
    "checkpoint.format",
    `Expected a TorchScript archive, a torch.save file or safetensors but ${reader.name} is ${came}.`,
  );
}

function startsWith(head: Uint8Array, text: string): boolean {
  return head.length >= text.length && [...text].every((letter, i) => head[i] === letter.charCodeAt(0));
}
