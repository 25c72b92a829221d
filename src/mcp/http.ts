import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ClipError } from "../errors.js";
import type { ServerContext } from "../server/context.js";
import { createMcpServer } from "./server.js";

/** What the transport looks at. */
const HEADERS = ["accept", "content-type", "mcp-protocol-version"] as const;

/**
 * MCP over HTTP at /mcp (streamable, without sessions: each request stands by itself). Pictures are inline, or addresses where the
 * server fetches them; its own files are never read.
 */
export function mcpRoutes(app: FastifyInstance, context: ServerContext): void {
  app.post("/mcp", { config: { work: true } }, async (request, reply) => {
    // A list takes one place for much work, and one of a question with its own cancelling is never answered.
    if (Array.isArray(request.body))
      throw new ClipError(
        "usage.request",
        "Expected one message a request but received a list: MCP has none since 2025-06-18.",
      );
    const server = createMcpServer({
      ...context,
      folders: [],
      fetches: context.options.fetchUrls,
      client: request.keyId ?? request.ip,
      gone: request.gone,
    });
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport);
    try {
      const asked = transport.handleRequest(webRequest(request), { parsedBody: request.body });
      const answer = await Promise.race([asked, whenGone(request.gone)]);
      reply.code(answer.status).headers(Object.fromEntries(answer.headers));
      const text = await answer.text();
      return reply.send(text === "" ? undefined : text);
    } finally {
      await server.close();
    }
  });
}

/** The same without its body, which was read. */
function webRequest({ headers }: FastifyRequest): Request {
  const known = HEADERS.flatMap((name): [string, string][] => {
    const value = headers[name];
    return typeof value === "string" ? [[name, value]] : [];
  });
  return new Request("http://localhost/mcp", { method: "POST", headers: known });
}

/** Raises `aborted` once nobody waits any more, or the answer takes too long. */
function whenGone(gone: AbortSignal): Promise<never> {
  return new Promise((_, fail) => {
    const end = (): void => fail(new ClipError("aborted", "The request was given up."));
    if (gone.aborted) end();
    else gone.addEventListener("abort", end, { once: true });
  });
}
