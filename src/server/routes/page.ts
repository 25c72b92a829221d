import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** Beside this file once it is built; run from the sources, in what was built last. */
const FOLDERS = [
  new URL("../page/", import.meta.url),
  new URL("../../../dist/server/page/", import.meta.url),
].map((folder) => fileURLToPath(folder));

/** The page at /, made by the build. What it loads needs no key: it asks for one itself. */
export async function pageRoutes(app: FastifyInstance): Promise<void> {
  const root = FOLDERS.find((folder) => existsSync(folder));
  // From the sources without a build there is the API alone.
  if (root === undefined)
    return void app.get("/", { config: { open: true } }, (_, reply) => reply.redirect("/docs"));
  await app.register(async (scope) => {
    scope.addHook("onRoute", (route) => {
      route.config = { ...route.config, open: true };
    });
    await scope.register(fastifyStatic, {
      root,
      wildcard: false,
      cacheControl: false,
      setHeaders(reply, path) {
        // Names under assets/ change with their content.
        const kept = path.startsWith(`${root}assets`) ? "public, max-age=31536000, immutable" : "no-cache";
        reply.header("cache-control", kept);
      },
    });
  });
}
