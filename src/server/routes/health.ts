import type { FastifyInstance } from "fastify";
import type { ServerContext } from "../context.js";

/** What watches a server asks: whether it lives, whether it is ready, and its figures. */
export function healthRoutes(
  app: FastifyInstance,
  context: ServerContext,
  state: { readonly warm: boolean },
): void {
  const { options, metrics, closing } = context;
  const watched = { config: { open: true, watches: true } };
  app.get("/healthz", watched, async () => ({ status: "ok" }));
  app.get("/readyz", watched, async (_, reply) => {
    const ready = state.warm && !closing.aborted;
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? "ready" : closing.aborted ? "closing" : "warming up" });
  });
  if (!options.metrics) return;
  app.get("/metrics", { config: { watches: true } }, async (_, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
}
