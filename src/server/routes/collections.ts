import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { collectionTag, infoOf } from "../collections/collections.js";
import type { ServerContext } from "../context.js";
import type { Expected } from "../label-sets/store.js";
import { type Collection, collectionBodySchema } from "../wire/assets.js";
import { parse } from "../wire/parse.js";
import { databaseNameSchema } from "../wire/search.js";

const dbSchema = z.object({ db: databaseNameSchema });
const paramsSchema = dbSchema.extend({
  name: z
    .string()
    .regex(
      /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._-]{0,63}$/u,
      "Expected 1 to 64 letters, digits, spaces, dots, dashes and underscores",
    ),
});

function expectedBy({ headers }: FastifyRequest): Expected {
  return { match: headers["if-match"], noneMatch: headers["if-none-match"] };
}

/** Collections of pictures by name, in versions. */
export function collectionRoutes(app: FastifyInstance, { search: room }: ServerContext): void {
  const write = { config: { scope: "write" } } as const;
  const named = (request: FastifyRequest): { db: string; name: string } => {
    const { db, name } = parse(paramsSchema, request.params, "the address of a collection");
    return { db: room.databases.get(db).name, name: name.normalize("NFC") };
  };

  app.get("/v1/databases/:db/collections", async (request) => {
    const { db } = parse(dbSchema, request.params, "the address of a database");
    return { collections: await room.collections.list(room.databases.get(db).name) };
  });

  app.get("/v1/databases/:db/collections/:name", async (request, reply) => {
    const { db, name } = named(request);
    const found: Collection = await room.collections.get(db, name);
    reply.header("etag", collectionTag(found));
    if (request.headers["if-none-match"] === collectionTag(found)) return reply.code(304).send();
    return found;
  });

  app.put("/v1/databases/:db/collections/:name", write, async (request, reply) => {
    const { db, name } = named(request);
    const { pictures } = parse(collectionBodySchema, request.body);
    const made = await room.collections.put(db, name, pictures, expectedBy(request));
    reply.header("etag", collectionTag(made));
    return infoOf(made);
  });

  app.delete("/v1/databases/:db/collections/:name", write, async (request, reply) => {
    const { db, name } = named(request);
    await room.collections.remove(db, name, expectedBy(request));
    return reply.code(204).send();
  });
}
