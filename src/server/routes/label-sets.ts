import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { ServerContext } from "../context.js";
import { type Expected, etagOf, infoOf, type StoredSet } from "../label-sets/store.js";
import { labelSetBodySchema, labelSetPatchSchema, setNameSchema, type WireLabelSet } from "../wire/labels.js";
import { parse } from "../wire/parse.js";

const createSchema = labelSetBodySchema.extend({ name: setNameSchema });
const querySchema = z.strictObject({ version: z.coerce.number().int().min(1).optional() });

/** Raises `usage.request`. */
export function setNameOf(request: FastifyRequest): string {
  return parse(setNameSchema, (request.params as { name: string }).name, "the name of a label set");
}

function expectedBy({ headers }: FastifyRequest): Expected {
  return { match: headers["if-match"], noneMatch: headers["if-none-match"] };
}

function wireOf({ name, version, set, ready, updated }: StoredSet): WireLabelSet {
  return {
    name,
    version,
    description: set.description,
    labels: set.labels as WireLabelSet["labels"],
    ...(set.none === undefined ? {} : { none: set.none }),
    ready,
    ...(updated ? { updated: updated.toISOString() } : {}),
  };
}

export function labelSetRoutes(app: FastifyInstance, { labelSets, examples, options }: ServerContext): void {
  const bodyLimit = Math.min(options.maxBodyBytes, 32 * 1024 * 1024);
  const write = { bodyLimit, config: { scope: "write" } } as const;
  const told = (reply: FastifyReply, stored: StoredSet): FastifyReply => reply.header("etag", etagOf(stored));

  app.get("/v1/label-sets", async () => ({ labelSets: labelSets.list() }));

  app.get("/v1/label-sets/:name", async (request, reply) => {
    const { version } = parse(querySchema, request.query, "the address");
    const name = setNameOf(request);
    const stored = version === undefined ? labelSets.get(name) : await labelSets.getVersion(name, version);
    told(reply, stored);
    if (request.headers["if-none-match"] === etagOf(stored)) return reply.code(304).send();
    return wireOf(stored);
  });

  app.get("/v1/label-sets/:name/versions", async (request) => ({
    versions: await labelSets.versions(setNameOf(request)),
  }));

  app.post("/v1/label-sets", write, async (request, reply) => {
    const { name, ...body } = parse(createSchema, request.body);
    const stored = await labelSets.put(name, body, { noneMatch: "*" });
    reply.code(201).header("location", `/v1/label-sets/${name}`);
    told(reply, stored);
    return infoOf(stored);
  });

  app.put("/v1/label-sets/:name", write, async (request, reply) => {
    const stored = await labelSets.put(
      setNameOf(request),
      parse(labelSetBodySchema, request.body),
      expectedBy(request),
    );
    told(reply, stored);
    return infoOf(stored);
  });

  app.patch("/v1/label-sets/:name", write, async (request, reply) => {
    const patch = parse(labelSetPatchSchema, request.body);
    const stored = await labelSets.patch(setNameOf(request), patch, expectedBy(request));
    told(reply, stored);
    return infoOf(stored);
  });

  app.delete("/v1/label-sets/:name", write, async (request, reply) => {
    await labelSets.remove(setNameOf(request), expectedBy(request));
    await examples.remove(setNameOf(request));
    return reply.code(204).send();
  });
}
