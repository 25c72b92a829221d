import { spawnSync } from "node:child_process";

/** The command line is tested as users run it: built. Builds `dist` once before all tests. */
export default function build(): void {
  const built = spawnSync(process.execPath, ["tools/build.mjs"], { encoding: "utf8" });
  if (built.status !== 0) throw new Error(`tools/build.mjs failed:\n${built.stdout}${built.stderr}`);
}
