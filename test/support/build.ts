import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { globSync } from "tinyglobby";

const SOURCES = ["src/**/*.{ts,js,css}", "web/**/*", "tsconfig*.json", "tools/build.mjs"];

/** The newest change of a file among these, ms. */
function newest(patterns: string[]): number {
  return Math.max(0, ...globSync(patterns).map((path) => statSync(path).mtimeMs));
}

/** The command line is tested as users run it: built. Builds `dist` before all tests where the sources are newer. */
export default function build(): void {
  if (newest(["dist/cli/main.js"]) > newest(SOURCES)) return;
  const built = spawnSync(process.execPath, ["tools/build.mjs"], { encoding: "utf8" });
  if (built.status !== 0) throw new Error(`tools/build.mjs failed:\n${built.stdout}${built.stderr}`);
}
