// The one check command: format and lint, types, import arrows, unused files and exports. All run; all must pass.
import { spawn } from "node:child_process";

const CHECKS = {
  "format and lint": [
    "node_modules/@biomejs/biome/bin/biome",
    "ci",
    "--colors=off",
    "--error-on-warnings",
    ".",
  ],
  types: ["node_modules/typescript/bin/tsc", "-p", "."],
  "types of the browser": ["node_modules/typescript/bin/tsc", "-p", "src/browser"],
  "types of the page": ["node_modules/typescript/bin/tsc", "-p", "web"],
  arrows: [
    "node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
    "--config",
    ".dependency-cruiser.cjs",
    "src",
    "web/src",
  ],
  unused: ["node_modules/knip/bin/knip.js"],
};

function run(command) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, { env: { ...process.env, NO_COLOR: "1" } });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    child.on("close", (code) => resolve({ code, output }));
  });
}

const results = await Promise.all(
  Object.entries(CHECKS).map(async ([name, command]) => ({ name, ...(await run(command)) })),
);
for (const { name, code, output } of results) {
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${name}`);
  if (code !== 0) console.log(output);
}
process.exit(results.every(({ code }) => code === 0) ? 0 : 1);
