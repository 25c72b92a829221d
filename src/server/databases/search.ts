import { browseStore } from "../../search/find/browse.js";
import type { QueryPart } from "../../search/find/query.js";
import { searchStore } from "../../search/find/search.js";
import type { ServerContext } from "../context.js";
import type { Asker } from "../queue/batcher.js";
import type { SearchAsked, SearchResponse } from "../wire/search.js";
import { type AskContext, partsOf, searchOptions, storeFilter } from "./ask.js";
import type { Database } from "./database.js";
import { HitMaker } from "./hits.js";
import type { SearchRoom } from "./room.js";

/** What answering a search needs of a server. */
export type SearchContext = Pick<ServerContext, "options" | "pool" | "keys">;

/** A request, with more that is looked for → its page of hits. Raises `search.*`, `usage.request`, `input.*`, `image.*`, `model.*`, `server.busy`, `aborted`. */
export async function answerSearch(
  context: SearchContext,
  room: SearchRoom,
  asked: SearchAsked,
  asker: Asker & { readonly signal: AbortSignal },
  more: readonly QueryPart[] = [],
): Promise<SearchResponse> {
  const db = room.databases.get(asked.db);
  const found = await db.told(() => page(context, room, db, asked, asker, more));
  db.shown.note(found.hits.map(({ id }) => id));
  return found;
}

async function page(
  context: SearchContext,
  room: SearchRoom,
  db: Database,
  asked: SearchAsked,
  asker: Asker & { readonly signal: AbortSignal },
  more: readonly QueryPart[],
): Promise<SearchResponse> {
  const { readObject } = room;
  const ask: AskContext = {
    options: context.options,
    ...(readObject ? { readObject } : {}),
    collected: async (name) => (await room.collections.get(db.name, name)).pictures,
  };
  const { signal } = asker;
  const filter = await storeFilter(asked.filter, db, ask);
  const options = searchOptions(asked, filter, context.options, signal);
  const hits = await HitMaker.of(db, room.marks, context);
  const own = await room.decoding.run(signal, () => partsOf(asked, db, ask));
  const parts = [...own, ...more];
  if (parts.length === 0) {
    const { k, cursor } = options;
    const found = await room.scanning.run(signal, () =>
      browseStore(db.store, {
        ...(k === undefined ? {} : { k }),
        ...(cursor === undefined ? {} : { cursor }),
        ...(filter ? { filter } : {}),
        signal,
      }),
    );
    return {
      db: db.name,
      model: db.model,
      hits: found.rows.map((row) => hits.hit(row)),
      ...(found.next === null ? {} : { next: found.next }),
      noGoodMatch: false,
      total: found.total,
    };
  }
  const found = await db.use(context.pool, asker, (encoder) =>
    searchStore(db.store, encoder, parts, options),
  );
  return {
    db: db.name,
    model: db.model,
    hits: found.hits.map(({ relevance, similarity, copies, ...row }) => {
      const { id, path, name, ...rest } = hits.hit(row);
      return {
        id,
        path,
        name,
        ...(relevance === null ? {} : { relevance }),
        // Of half floats a cosine may come out a little above 1.
        similarity: Math.max(-1, Math.min(1, similarity)),
        ...rest,
        ...(copies.length === 0 ? {} : { copies: copies.length }),
      };
    }),
    ...(found.next === null ? {} : { next: found.next }),
    noGoodMatch: found.noGoodMatch,
  };
}
