import type { FastifyInstance, FastifyRequest } from "fastify";
import { ClipError } from "../../errors.js";
import type { ServerContext } from "../context.js";
import { isLocal } from "../guard.js";
import type { KeyRecord } from "../keys/keys.js";
import type { KeyStore } from "../keys/store.js";
import { type KeyInfo, keyBodySchema, type NewKey } from "../wire/manage.js";
import { parse } from "../wire/parse.js";

/** Keys are changed by who shows one that may write, or, while no key is needed, by this machine alone. */
function checkMayManage(request: FastifyRequest, { options }: ServerContext): void {
  if (request.keyId !== undefined) return;
  // Behind a proxy everyone comes from this machine.
  const isBehindProxy = options.trustProxy || options.hosts.length > 0;
  if (isLocal(options.host) && !isBehindProxy) return;
  throw new ClipError("server.scope", "Expected a key with the scope write for what is about keys.");
}

/** The keys of the server: seen, made and taken away. */
export function keyRoutes(app: FastifyInstance, context: ServerContext, store: KeyStore): void {
  const write = {
    config: { scope: "write" },
    preHandler: async (request: FastifyRequest) => checkMayManage(request, context),
  } as const;
  const infoOf = ({ id, name, scopes, created }: KeyRecord, request: FastifyRequest): KeyInfo => {
    return { id, name, scopes: [...scopes], created, own: id === request.keyId };
  };

  app.get("/v1/keys", write, async (request) => ({ keys: store.list().map((key) => infoOf(key, request)) }));

  app.post("/v1/keys", write, async (request, reply): Promise<NewKey> => {
    const { name, scopes } = parse(keyBodySchema, request.body);
    const { key, record } = await store.create(name, [...new Set(scopes)]);
    reply.code(201).header("cache-control", "no-store");
    return { ...infoOf(record, request), key };
  });

  app.delete("/v1/keys/:id", write, async (request, reply) => {
    const { id } = request.params as { id: string };
    if (!store.list().some((key) => key.id === id))
      throw new ClipError("server.not-found", "Expected the id of a key but there is none of that id.");
    await store.remove(id);
    return reply.code(204).send();
  });
}
