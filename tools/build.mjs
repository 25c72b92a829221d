// src → dist: the compiler's output and the report's parts, from nothing, with the command made executable. The old dist stays until the new
// one is whole.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";

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
for (const name of ["browser.css", "browser.js"])
  copyFileSync(`src/evaluate/report/${name}`, `${report}/${name}`);
copyFileSync("node_modules/chart.js/dist/chart.umd.min.js", `${report}/vendor/chart.umd.min.js`);
copyFileSync("node_modules/chart.js/LICENSE.md", `${report}/vendor/chart.js-LICENSE.md`);
const old = `dist.${process.pid}.old.partial`;
if (existsSync("dist")) renameSync("dist", old);
renameSync(fresh, "dist");
rmSync(old, { recursive: true, force: true });
