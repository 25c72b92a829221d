import { ClipError } from "../../errors.js";
import { writeFileAtomic } from "../../models/atomic.js";
import type { SearchResult } from "../../search/find/search.js";
import { contactSheet, type SheetItem } from "../../search/find/sheet.js";
import type { Store } from "../../search/store/store.js";
import { previewOf } from "./preview.js";
import type { SearchWords, Shown } from "./words.js";

/** Longer side of a picture on the sheet, pixels: sharp on a phone, 20 to 30 kB each. */
const SIDE = 440;

/** What was looked for, in words. */
function queryWords({ text = [], image = [], query, like = [] }: SearchWords): string {
  const images = image.map((picture) => `image:${/^data:/i.test(picture) ? "data" : picture}`);
  return [
    ...text,
    ...(query === undefined ? [] : [query]),
    ...images,
    ...like.map((row) => `like:${row}`),
  ].join(" + ");
}

/** Writes the contact sheet of a result. Raises `usage.search` where the file can't be written. */
export async function writeSheet(
  file: string,
  store: Store,
  { hits, noGoodMatch }: SearchResult,
  words: SearchWords,
  about: Shown,
): Promise<void> {
  const items: SheetItem[] = [];
  for (const hit of hits) {
    items.push({ ...hit, picture: await previewOf(store, hit, SIDE, "jpeg", about) });
  }
  const page = contactSheet({
    ...{ query: queryWords(words), store: words.db, model: about.model },
    ...{ items, noGoodMatch },
  });
  await writeFileAtomic(file, page).catch((error: NodeJS.ErrnoException) => {
    throw new ClipError(
      "usage.search",
      `Expected a file that can be written at ${file} but ${error.message}.`,
      {
        cause: error,
      },
    );
  });
}
