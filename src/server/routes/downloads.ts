import type { FastifyInstance } from "fastify";
import type { ServerContext } from "../context.js";
import { Downloads, type ModelStore } from "../downloads.js";
import { downloadBodySchema } from "../wire/manage.js";
import { parse } from "../wire/parse.js";

/** Models that are served and not here yet. */
export function downloadRoutes(
  app: FastifyInstance,
  { pool, closing }: ServerContext,
  store: ModelStore,
): void {
  const downloads = new Downloads(pool, store, closing);
  const write = { config: { scope: "write" } } as const;
  app.get("/v1/downloads", async () => ({ downloads: downloads.list() }));
  app.post("/v1/downloads", write, async (request, reply) => {
    reply.code(202);
    return downloads.start(parse(downloadBodySchema, request.body).model);
  });
  // Models' names have slashes: the rest of the address is the name.
  app.delete("/v1/downloads/*", write, async (request, reply) => {
    downloads.cancel((request.params as { "*": string })["*"]);
    return reply.code(204).send();
  });
}
