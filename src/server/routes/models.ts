import type { FastifyInstance } from "fastify";
import type { ServerContext } from "../context.js";
import type { ModelEntry } from "../wire/models.js";

/** Models' names have slashes: the rest of the address is the name. */
export function modelRoutes(app: FastifyInstance, { pool, models }: ServerContext): void {
  const told = async (entry: ModelEntry): Promise<ModelEntry> => {
    const present = await models?.present(entry.id);
    return present === undefined ? entry : { ...entry, present };
  };
  app.get("/v1/models", async () => ({ object: "list", data: await Promise.all(pool.list().map(told)) }));
  app.get("/v1/models/*", async (request): Promise<ModelEntry> => {
    const name = pool.nameOf((request.params as { "*": string })["*"]);
    return told(pool.list().find(({ id }) => id === name)!);
  });
}
