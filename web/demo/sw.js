// The page without a network. FILES (address → hash) and VERSION are put before this by tools/demo-static.mjs.
/* global FILES, VERSION */
const NAME = `zeroclip-page-${VERSION}`;
/** Weights are kept by the page itself, which checks them; files of WebGPU are kept once they were asked for. */
const LATER = /\.(?:onnx|data)$|tokenizer[^/]*\.json$|webgpu|asyncify/;

/** With the headers of cross-origin isolation, which many file servers do not send: WebAssembly may have threads then. */
function isolated(response) {
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("cross-origin-embedder-policy", "require-corp");
  headers.set("cross-origin-resource-policy", "same-origin");
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

async function install() {
  const cache = await caches.open(NAME);
  const wanted = Object.keys(FILES).filter((file) => !LATER.test(file));
  await cache.addAll(wanted.map((file) => new Request(file, { cache: "no-cache" })));
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys())
    if (name.startsWith("zeroclip-page-") && name !== NAME) await caches.delete(name);
  await self.clients.claim();
}

async function answer(request) {
  const cache = await caches.open(NAME);
  const url = new URL(request.url);
  const file = url.pathname.endsWith("/") ? new URL("index.html", url).href : url.origin + url.pathname;
  const kept = await cache.match(file);
  if (kept) return isolated(kept);
  const response = await fetch(request);
  const name = file.slice(new URL("./", self.location.href).href.length);
  if (response.ok && Object.hasOwn(FILES, name) && !/\.(?:onnx|data)$|tokenizer[^/]*\.json$/.test(name))
    await cache.put(file, response.clone());
  return isolated(response);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && new URL(request.url).origin === self.location.origin)
    event.respondWith(answer(request));
});
