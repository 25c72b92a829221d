import { readFile } from "node:fs/promises";
import { JsonObject } from "./json.js";

/** A JSON file as an object; an empty one where the file is absent. */
export async function optionalJson(path: string): Promise<JsonObject> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw error;
  });
  return JsonObject.parse(text, path, "model.unsupported");
}

/** The padding token named by tokenizer_config.json, looked up in tokenizer.json; 0 where none is named. */
export function padTokenOf(tokenizer: JsonObject, config: JsonObject): number {
  const padding = tokenizer.optionalObject("padding");
  const named = config.fields.pad_token;
  const token =
    typeof named === "object" && named !== null ? (named as { content?: unknown }).content : named;
  if (typeof token === "string") {
    const added = tokenizer.fields.added_tokens;
    for (const entry of Array.isArray(added) ? added : [])
      if (entry?.content === token) return Number(entry.id);
    const vocabulary = tokenizer.optionalObject("model").fields.vocab;
    if (Array.isArray(vocabulary)) {
      const place = vocabulary.findIndex((piece) => piece?.[0] === token);
      if (place >= 0) return place;
    }
    const id = (vocabulary as Record<string, unknown> | undefined)?.[token];
    if (typeof id === "number") return id;
  }
  return padding.has("pad_id") ? padding.integer("pad_id", 0, 2 ** 31 - 1) : 0;
}
