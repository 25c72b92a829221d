import { resolve, sep } from "node:path";
import { ClipError } from "../../errors.js";
import { imageOptions } from "../../image/options.js";
import { filterOf } from "../../search/find/filters.js";
import type { SearchOptions } from "../../search/find/options.js";
import { parseQuery } from "../../search/find/parse.js";
import { type Crop, checkParts, parseCrop, type QueryPart } from "../../search/find/query.js";
import { searchStore } from "../../search/find/search.js";
import type { StoreModel } from "../../search/store/store.js";
import { openDb } from "../db.js";
import { imageOptionsOf, type ModelOptions, openModelOf } from "../options.js";
import { EXIT, type ToldWarning } from "../output.js";
import { show } from "./show.js";
import type { SearchWords } from "./words.js";

const ID = /^[0-9a-f]{32}$/;

/** A path as rows have it: absolute, with `/`; ids and addresses stay. */
function asRowPath(path: string): string {
  if (ID.test(path) || /^[a-z][a-z0-9+.-]+:\/\//i.test(path)) return path;
  return resolve(path).split(sep).join("/");
}

/** What is looked for. Raises `search.query`, and `usage.search` where nothing is. */
export function partsOf({ text = [], image = [], query, like = [], crop }: SearchWords): QueryPart[] {
  if (crop !== undefined && image.length === 0) {
    throw new ClipError(
      "usage.search",
      "Expected --image with --crop; in --query it is image:FILE[x,y,w,h].",
    );
  }
  const part: { crop?: Crop } = crop === undefined ? {} : { crop: parseCrop(crop) };
  const typed = query === undefined ? [] : parseQuery(query, { others: true });
  const parts = [
    ...text.map((words): QueryPart => ({ text: words, weight: 1 })),
    ...image.map((picture): QueryPart => ({ picture, weight: 1, ...part })),
    ...like.map((row): QueryPart => ({ like: row, weight: 1 })),
    ...typed,
  ].map((one): QueryPart => ("like" in one ? { ...one, like: asRowPath(one.like) } : one));
  if (parts.length === 0) {
    throw new ClipError(
      "usage.search",
      "Expected --text, --image, --query or --like but received none of them.",
    );
  }
  checkParts(parts);
  return parts;
}

function searchOptions(words: SearchWords, signal: AbortSignal): SearchOptions {
  const { folder, label, page, top, minSimilarity, minRelevance, all, diverse } = words;
  const filter = filterOf({
    ...words,
    ...(folder === undefined ? {} : { folder: asRowPath(folder) }),
    ...(label === undefined ? {} : { labels: label }),
  });
  return {
    signal,
    fold: !words.copies,
    ...(filter ? { filter } : {}),
    ...(page === undefined ? {} : { cursor: page }),
    ...(top === undefined ? {} : { k: top }),
    ...(minSimilarity === undefined ? {} : { minSimilarity }),
    ...(all ? { minRelevance: 0 } : minRelevance === undefined ? {} : { minRelevance }),
    ...(diverse === undefined ? {} : { diverse }),
    ...(words.exact ? { exact: true } : {}),
    ...(words.centre ? { centre: true } : {}),
  };
}

/** The name that opens the model of a store again. */
const nameOf = ({ name, precision }: StoreModel): string =>
  precision === "int8" && !name.includes("@") ? `${name}@int8` : name;

/** Opens the store and its model, searches, shows. `isOwnModel`: the store's model, none was asked for. */
export async function search(
  signal: AbortSignal,
  words: SearchWords & ModelOptions,
  isOwnModel: boolean,
): Promise<number> {
  const parts = partsOf(words);
  const options = searchOptions(words, signal);
  const warnings: ToldWarning[] = [];
  await using store = await openDb(words);
  const model = isOwnModel ? nameOf(store.identity.model) : words.model;
  const work = { pictures: words.image?.length ?? 0, texts: 0 };
  await using clip = await openModelOf(model, words, signal, warnings, work);
  const image = imageOptionsOf(words);
  const result = await searchStore(store, clip, parts, { ...options, image });
  await show(store, result, words, { model: clip.model.name, warnings, image: imageOptions(image), signal });
  return EXIT.done;
}
