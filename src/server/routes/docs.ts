import { readFile } from "node:fs/promises";
import type { FastifyInstance } from "fastify";
import { ClipError } from "../../errors.js";
import type { ServerContext } from "../context.js";
import { needsKey } from "../guard.js";
import { openApi } from "../openapi.js";

/** What the page of /docs is made of; Swagger UI's own files, put there by the build. */
const FILES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "docs.js": "text/javascript; charset=utf-8",
};

/** Beside this file once it is built; run from the sources, in what was built last. */
const FOLDERS = [
  new URL("../docs/", import.meta.url),
  new URL("../../../dist/server/docs/", import.meta.url),
];

async function asset(name: string): Promise<Buffer> {
  for (const folder of FOLDERS) {
    const found = await readFile(new URL(name, folder)).catch(() => undefined);
    if (found) return found;
  }
  throw new ClipError("server.not-found", `Expected ${name} in zeroclip's package but it is not there.`);
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>zeroclip API</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/docs.js"></script>
</body>
</html>
`;

/** Swagger UI writes styles into elements, and its icons are data. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

export function docsRoutes(app: FastifyInstance, context: ServerContext): void {
  const open = { config: { open: true } } as const;
  app.get("/openapi.json", open, async () => openApi(context.version, needsKey(context)));
  app.get("/docs", open, async (_, reply) =>
    reply.header("content-security-policy", POLICY).type("text/html; charset=utf-8").send(PAGE),
  );
  app.get("/docs/:file", open, async (request, reply) => {
    const { file } = request.params as { file: string };
    const type = Object.hasOwn(FILES, file) ? FILES[file] : undefined;
    if (type === undefined)
      throw new ClipError("server.not-found", "Expected a file of /docs but there is none of that name.");
    return reply
      .type(type)
      .header("cache-control", "public, max-age=3600")
      .send(await asset(file));
  });
}
