// A page in headless Chromium, isolated so that WebAssembly may have threads: what `goals -- browser` measures in.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, resolve } from "node:path";
import esbuild from "esbuild";
import { chromium } from "playwright-core";

const FLAGS =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));

/** Bundles a program of bench/goals/browser for a page: `names` stand for what it imports by name. */
export async function bundle(program, file, names) {
  await esbuild.build({
    entryPoints: [join("bench/goals/browser", program)],
    outfile: file,
    bundle: true,
    format: "esm",
    minify: true,
    alias: names,
    // ONNX Runtime's own files stay files.
    conditions: ["onnxruntime-web-use-extern-wasm"],
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
}

/** Sends what lies in folders: `folders` maps the beginning of an address to a folder. */
async function serve(folders) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const prefix = Object.keys(folders)
      .filter((one) => path.startsWith(one))
      .sort((a, b) => b.length - a.length)[0];
    const inside = normalize(`/${path.slice(prefix.length)}`);
    const file = join(folders[prefix], inside === "/" ? "index.html" : inside);
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-length": statSync(file).size,
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "cross-origin-resource-policy": "same-origin",
    });
    return createReadStream(file).pipe(response);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return server;
}

/** Opens the page of these folders (`/` has its index.html), gives it to `use`, and closes everything. */
export async function* inPage(folders, use) {
  if (CHROMIUM === undefined) throw new Error("Expected Chromium in /usr/bin but there is none.");
  const absolute = Object.fromEntries(Object.entries(folders).map(([at, folder]) => [at, resolve(folder)]));
  const server = await serve(absolute);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS.split(" ") });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(600_000);
    page.on("pageerror", (error) => process.stderr.write(`page: ${error.message}\n`));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction("globalThis.ready === true");
    yield* use(page);
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}

/** A page that runs one program. */
export const pageOf = (program) =>
  `<!doctype html><meta charset="utf-8"><title>goals</title><script type="module" src="${program}"></script>`;
