import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".jpg": "image/jpeg",
  ".webmanifest": "application/manifest+json",
};

/** What makes a page cross-origin isolated. */
export const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
} as const;

export interface StaticServer extends AsyncDisposable {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
}

/** Files as any plain server sends them: `folders` maps the beginning of an address to a folder. */
export async function serveFiles(
  folders: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<StaticServer> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    asked.push(path);
    const prefix = Object.keys(folders)
      .filter((one) => path.startsWith(one))
      .sort((a, b) => b.length - a.length)[0];
    const inside = normalize(`/${path.slice(prefix?.length ?? 0)}`);
    let file = join(folders[prefix ?? ""] ?? "/nowhere", inside);
    try {
      if ((await stat(file)).isDirectory()) file = join(file, "index.html");
      const bytes = await readFile(file);
      response.writeHead(200, {
        "content-type": TYPES[extname(file)] ?? "application/octet-stream",
        "content-length": bytes.length,
        ...headers,
      });
      response.end(bytes);
    } catch {
      response.writeHead(404, headers);
      response.end();
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
