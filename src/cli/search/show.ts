import type { Hit } from "../../search/find/hits.js";
import type { SearchResult } from "../../search/find/search.js";
import type { Store } from "../../search/store/store.js";
import { print, say, warningsJson } from "../output.js";
import { type SearchWords, type Shown, shownPath } from "./words.js";

const share = (relevance: number | null): string => (relevance === null ? "" : relevance.toFixed(3));

/** For a pipe: path, relevance (empty: not known) and similarity, a hit a line. */
function lines(hits: readonly Hit[]): string {
  return hits
    .map((hit) => [shownPath(hit), share(hit.relevance), hit.similarity.toFixed(6)].join("\t"))
    .join("\n");
}

async function sayEnd(
  store: Store,
  { hits, next, noGoodMatch, nearest }: SearchResult,
  words: SearchWords,
): Promise<void> {
  if (noGoodMatch && nearest) {
    const known = nearest.relevance === null ? "" : `, relevance ${share(nearest.relevance)}`;
    say(`No good match; nearest is ${shownPath(nearest)}${known}. --all shows it.`);
  } else if (hits.length === 0) {
    const isEmpty = (await store.count()) === 0;
    const none = isEmpty ? `There is no picture in ${store.address}.` : "No picture passes the filters.";
    say(words.page === undefined ? none : "There are no more.");
  }
  if (next !== null) say(`More: --page ${next}`);
}

/** Hits as JSON, as lines for a pipe, or as a table with pictures where the terminal can; a page of HTML where asked for. */
export async function show(
  store: Store,
  result: SearchResult,
  words: SearchWords,
  about: Shown,
): Promise<void> {
  const { hits, ...rest } = result;
  if (words.html !== undefined) {
    const { writeSheet } = await import("./sheet-file.js");
    await writeSheet(words.html, store, result, words, about);
  }
  if (words.json) {
    print(JSON.stringify({ model: about.model, hits, ...rest, ...warningsJson(about.warnings) }, null, 2));
    return;
  }
  if (hits.length > 0) {
    if (process.stdout.isTTY) {
      const { printTable } = await import("./terminal.js");
      await printTable(store, hits, words.pictures, about);
    } else print(lines(hits));
  }
  await sayEnd(store, result, words);
}
