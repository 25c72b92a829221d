// src → dist: the compiler's output, from nothing, with the command made executable. The old dist stays until the new
// one is whole.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, renameSync, rmSync } from "node:fs";

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
const old = `dist.${process.pid}.old.partial`;
if (existsSync("dist")) renameSync("dist", old);
renameSync(fresh, "dist");
rmSync(old, { recursive: true, force: true });
