import { cp, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";

/** One model's features by the reference (tools/goldens/multilingual.py). */
export interface MultilingualCase {
  readonly path: string;
  readonly by: string;
  /** Files of its tokenizer, which lie beside its weights. */
  readonly tokenizer: readonly string[];
  /** Side of pictures; 0 where there is no image tower. */
  readonly size: number;
  readonly texts: readonly string[];
  readonly ids: readonly (readonly number[])[];
  readonly image: readonly (readonly number[])[];
  readonly text: readonly (readonly number[])[];
  /** Of texts, without what a task adds to the weights. */
  readonly plain?: readonly (readonly number[])[];
  /** [pictures, texts] before the sigmoid. */
  readonly logits?: readonly (readonly number[])[];
}

export const MODELS = new URL("../golden/multilingual/models/", import.meta.url).pathname;
const TOKENIZERS = new URL("../golden/multilingual/tokenizers/", import.meta.url).pathname;

/** A model's folder with its tokenizer's files in it, unpacked. */
export async function copyCase({ path, tokenizer }: MultilingualCase, to: string): Promise<void> {
  await cp(MODELS + path, to, { recursive: true });
  for (const file of tokenizer) {
    const bytes = await readFile(TOKENIZERS + file);
    const isZipped = file.endsWith(".gz");
    await writeFile(join(to, basename(file, isZipped ? ".gz" : "")), isZipped ? gunzipSync(bytes) : bytes);
  }
}
