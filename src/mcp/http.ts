import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { FastifyInstance } from "fastify";
import type { ServerContext } from "../server/context.js";
import { createMcpServer } from "./server.js";

/**
 * MCP over HTTP at /mcp (streamable, without sessions: each request stands by itself). Pictures are inline, or addresses where the
 * server fetches them; its own files are never read.
 */
export function mcpRoutes(app: FastifyInstance, context: ServerContext): void {
  app.post("/mcp", { config: { work: true } }, async (request, reply) => {
    const server = createMcpServer({
      ...context,
      folders: [],
      fetches: context.options.fetchUrls,
      client: request.keyId ?? request.ip,
      gone: request.gone,
    });
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    // What was not read long after its time is not waited for.
    const late = setTimeout(() => reply.raw.destroy(), 2 * context.options.requestTimeoutMs).unref();
    reply.raw.on("close", () => {
      clearTimeout(late);
      void transport.close();
      void server.close();
    });
    await server.connect(transport as Parameters<typeof server.connect>[0]);
    // From here on the transport answers.
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    await transport.handleRequest(request.raw, reply.raw, request.body);
    return reply;
  });
}
