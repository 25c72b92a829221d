import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { ServerContext } from "../context.js";
import { EvaluationDesk } from "../evaluations/desk.js";
import { Reports } from "../evaluations/reports.js";
import { type EvaluationList, evaluationBodySchema } from "../wire/manage.js";
import { parse } from "../wire/parse.js";

const signedSchema = z.strictObject({ until: z.coerce.number().int(), mark: z.string().max(100) });

/**
 * A report has scripts and styles of its own in one file. In a sandbox it is nobody's page: it reaches neither what the page
 * keeps (its key), nor this server.
 */
const POLICY =
  "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Evaluations on folders that the operator allowed, and their reports. */
export function evaluationRoutes(app: FastifyInstance, context: ServerContext, folder: string): void {
  const reports = new Reports(folder);
  const desk = new EvaluationDesk(context, reports);
  const write = { config: { scope: "write" } } as const;
  const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id;

  app.get("/v1/evaluations", async (): Promise<EvaluationList> => {
    return { allowed: desk.folders.allowed, evaluations: await desk.list() };
  });
  app.get("/v1/evaluations/folders", async () => ({ folders: await desk.folders.offered() }));
  app.post("/v1/evaluations", write, async (request, reply) => {
    reply.code(202);
    return desk.start(parse(evaluationBodySchema, request.body));
  });
  app.delete("/v1/evaluations/:id", write, async (request, reply) => {
    await desk.remove(idOf(request));
    return reply.code(204).send();
  });
  // A browser that opens it can't send a key: the address itself is signed.
  app.get("/v1/evaluations/:id/report", { config: { open: true } }, async (request, reply) => {
    const { until, mark } = parse(signedSchema, request.query, "the address of a report");
    const page = await reports.open(idOf(request), until, mark);
    return reply
      .headers({ "content-security-policy": POLICY, "cache-control": "private, no-store" })
      .type("text/html; charset=utf-8")
      .send(page);
  });
}
