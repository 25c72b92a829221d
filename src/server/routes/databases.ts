import type { FastifyInstance } from "fastify";
import type { ServerContext } from "../context.js";
import type { Database as Served } from "../databases/database.js";
import { isoDate } from "../databases/hits.js";
import { answerSearch } from "../databases/search.js";
import { checkJson } from "../wire/body.js";
import { parse } from "../wire/parse.js";
import { type Database, type SearchResponse, searchRequestSchema } from "../wire/search.js";
import { askerOf } from "./asking.js";

async function told(db: Served): Promise<Database> {
  const { labels, first, last, thumbnails } = await db.overview();
  const { name, precision } = db.store.identity.model;
  return {
    name: db.name,
    // Its labels may be some seconds old; how many rows there are costs nothing.
    rows: await db.store.count(),
    model: name,
    precision,
    labels: [...labels],
    ...(first === null || last === null ? {} : { from: isoDate(first), until: isoDate(last) }),
    thumbnails,
    uploads: db.uploads !== undefined,
    trash: db.trash !== undefined,
  };
}

/** Databases of pictures, and finding in them. */
export function databaseRoutes(app: FastifyInstance, context: ServerContext): void {
  const { search: room } = context;
  app.get("/v1/databases", async () => ({
    databases: await Promise.all(room.databases.list().map((db) => db.told(() => told(db)))),
  }));
  app.post("/v1/search", { config: { work: true } }, async (request): Promise<SearchResponse> => {
    checkJson(request);
    const asked = parse(searchRequestSchema, request.body);
    return answerSearch(context, room, asked, askerOf(request));
  });
}
