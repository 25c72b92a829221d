// src → dist: the compiler's output and the report's parts, from nothing, with the command made executable. The old dist stays until the new
// one is whole.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";

const fresh = `dist.${process.pid}.partial`;
/** Ends the build where a step fails; what it had made goes. */
function run(args, env = process.env) {
  const done = spawnSync(process.execPath, args, { stdio: "inherit", env });
  if (done.status === 0) return;
  rmSync(fresh, { recursive: true, force: true });
  process.exit(done.status ?? 1);
}

for (const project of ["tsconfig.build.json", "tsconfig.browser.json"])
  run(["node_modules/typescript/bin/tsc", "-p", project, "--outDir", fresh]);
chmodSync(`${fresh}/cli/main.js`, 0o755);
// What the report of `eval` is made of, and the one part of it that is not ours, with its licence.
const report = `${fresh}/evaluate/report`;
mkdirSync(`${report}/vendor`);
copyFileSync("src/evaluate/report/browser.css", `${report}/browser.css`);
cpSync("src/evaluate/report/browser", `${report}/browser`, { recursive: true });
copyFileSync("node_modules/chart.js/dist/chart.umd.min.js", `${report}/vendor/chart.umd.min.js`);
copyFileSync("node_modules/chart.js/LICENSE.md", `${report}/vendor/chart.js-LICENSE.md`);
cpSync("src/robust/browser", `${fresh}/robust/browser`, { recursive: true });
// What the map of a database is drawn by.
cpSync("src/search/assets/browser", `${fresh}/search/assets/browser`, { recursive: true });
// What the server's page of its API is made of: Swagger UI's own files, and ours that starts it.
const docs = `${fresh}/server/docs`;
mkdirSync(docs, { recursive: true });
copyFileSync("src/server/docs/docs.js", `${docs}/docs.js`);
for (const name of ["swagger-ui.css", "swagger-ui-bundle.js", "LICENSE"])
  copyFileSync(
    `node_modules/swagger-ui-dist/${name}`,
    `${docs}/${name === "LICENSE" ? "swagger-ui-LICENSE" : name}`,
  );
// What runs in browsers, bundled with what it needs. A test that builds says otherwise, and would get React's slow form.
const production = { ...process.env, NODE_ENV: "production" };
const vite = (...args) =>
  run(["node_modules/vite/bin/vite.js", "build", ...args, "--logLevel", "warn"], production);
vite("web", "--outDir", `${process.cwd()}/${fresh}/server/page`);
const browser = `${fresh}/browser/files`;
vite("--config", "tools/browser/vite.config.ts", "--outDir", `${process.cwd()}/${browser}`);
// ONNX Runtime for browsers: of a package of 138 MB the four files that are asked for.
for (const name of [
  "ort.wasm.bundle.min.mjs",
  "ort-wasm-simd-threaded.wasm",
  "ort.webgpu.bundle.min.mjs",
  "ort-wasm-simd-threaded.asyncify.wasm",
])
  copyFileSync(`node_modules/onnxruntime-web/dist/${name}`, `${browser}/${name}`);
const old = `dist.${process.pid}.old.partial`;
if (existsSync("dist")) renameSync("dist", old);
renameSync(fresh, "dist");
rmSync(old, { recursive: true, force: true });
