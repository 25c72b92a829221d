// Runs `zeroclip bench --peers --markdown` with the options given and puts its table into bench/README.md.
// ZEROCLIP_PYTHON and ZEROCLIP_HOME as for the command.
import { spawnSync } from "node:child_process";
import { writeBlock } from "./block.mjs";

const args = ["bench", "--peers", "--markdown", ...process.argv.slice(2)];
const run = spawnSync(process.execPath, ["dist/cli/main.js", ...args], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
  maxBuffer: 1 << 24,
});
// 1: some contender failed; the table names it.
if (run.status !== 0 && run.status !== 1) process.exit(run.status ?? 1);
const when = new Date().toISOString().slice(0, 10);
writeBlock(
  "bench/README.md",
  "node bench/write-readme.mjs",
  `Run of ${when}, \`zeroclip ${args.join(" ")}\`:\n\n${run.stdout}`,
);
spawnSync(process.execPath, [
  "node_modules/@biomejs/biome/bin/biome",
  "format",
  "--write",
  "bench/README.md",
]);
