import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ClipError } from "../errors.js";
import { JsonObject } from "./json.js";

/** A folder's tokenizer: the path of its tokenizer.json and the id that fills short rows. */
export interface FolderTokenizer {
  readonly file: string;
  readonly padTokenId: number;
}

/** Finds a folder's tokenizer.json. Raises `model.unsupported` where there is none. */
export async function findTokenizer(folder: string): Promise<FolderTokenizer> {
  const file = join(folder, "tokenizer.json");
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    const message = `Expected ${folder} to hold a tokenizer.json (or say that the original's rules are to be used).`;
    throw new ClipError("model.unsupported", message, { cause });
  });
  const tokenizer = JsonObject.parse(text, file, "model.unsupported");
  const config = await optionalJson(join(folder, "tokenizer_config.json"));
  return { file, padTokenId: padTokenOf(tokenizer, config) };
}

/** A JSON file as an object; an empty one where the file is absent. */
export async function optionalJson(path: string): Promise<JsonObject> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw error;
  });
  return JsonObject.parse(text, path, "model.unsupported");
}

/** The padding token named by tokenizer_config.json, looked up in tokenizer.json; 0 where none is named. */
function padTokenOf(tokenizer: JsonObject, config: JsonObject): number {
  const padding = tokenizer.optionalObject("padding");
  const named = config.fields.pad_token;
  const token =
    typeof named === "object" && named !== null ? (named as { content?: unknown }).content : named;
  if (typeof token === "string") {
    const added = tokenizer.fields.added_tokens;
    for (const entry of Array.isArray(added) ? added : [])
      if (entry?.content === token) return Number(entry.id);
    const vocabulary = tokenizer.optionalObject("model").fields.vocab;
    const id = (vocabulary as Record<string, unknown> | undefined)?.[token];
    if (typeof id === "number") return id;
  }
  return padding.has("pad_id") ? padding.integer("pad_id", 0, 2 ** 31 - 1) : 0;
}
