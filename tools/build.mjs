// src → dist: the compiler's output and the report's parts, from nothing, with the command made executable. The old dist stays until the new
// one is whole.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";

const fresh = `dist.${process.pid}.partial`;
const tsc = spawnSync(
  process.execPath,
  ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", fresh],
  { stdio: "inherit" },
);
if (tsc.status !== 0) {
  rmSync(fresh, { recursive: true, force: true });
  process.exit(tsc.status ?? 1);
}
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
// The page, bundled with what it needs.
const page = spawnSync(
  process.execPath,
  [
    "node_modules/vite/bin/vite.js",
    "build",
    "web",
    "--outDir",
    `${process.cwd()}/${fresh}/server/page`,
    "--logLevel",
    "warn",
  ],
  // A test that builds says otherwise, and would get React's slow form.
  { stdio: "inherit", env: { ...process.env, NODE_ENV: "production" } },
);
if (page.status !== 0) {
  rmSync(fresh, { recursive: true, force: true });
  process.exit(page.status ?? 1);
}
const old = `dist.${process.pid}.old.partial`;
if (existsSync("dist")) renameSync("dist", old);
renameSync(fresh, "dist");
rmSync(old, { recursive: true, force: true });
