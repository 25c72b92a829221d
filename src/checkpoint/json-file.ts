import { ClipError } from "../errors.js";
import { FileReader } from "./reader.js";

export type Json = Record<string, unknown>;

/** Bytes of a configuration: real ones have a few kB. */
export const CONFIG_BYTES = 2 ** 20;

/** The JSON object in a file of at most `bytes` bytes. Raises `checkpoint.format` or `checkpoint.unsafe`. */
export function readJsonFile(path: string, bytes: number): Json {
  const reader = new FileReader(path);
  try {
    if (reader.size > bytes) {
      throw new ClipError(
        "checkpoint.unsafe",
        `Expected ${reader.name} to have at most ${bytes} bytes but it has ${reader.size}.`,
      );
    }
    return parseJsonObject(reader.read(0, reader.size), reader.name);
  } finally {
    reader.close();
  }
}

/** `where` names the source in messages. */
export function parseJsonObject(bytes: Uint8Array, where: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new ClipError("checkpoint.format", `Expected ${where} to be JSON in UTF-8 but it is not.`, {
      cause: error,
    });
  }
  if (isJson(value)) return value;
  throw new ClipError("checkpoint.format", `Expected ${where} to be a JSON object but it is another value.`);
}

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
