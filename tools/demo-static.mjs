// The page without a server as a folder that any file server can send: npm run demo:static -- [folder] [--model NAME]…
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { model: { type: "string", multiple: true }, home: { type: "string" } },
  allowPositionals: true,
});
const folder = resolve(positionals[0] ?? "demo-static");

function run(args) {
  const done = spawnSync(process.execPath, args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

run(["node_modules/vite/bin/vite.js", "build", "web/demo", "--outDir", folder, "--logLevel", "warn"]);
const models = (values.model ?? ["starter"]).flatMap((model) => ["--model", model]);
const home = values.home === undefined ? [] : ["--home", values.home];
run(["dist/cli/main.js", "browser", join(folder, "zeroclip"), ...models, ...home, "--quiet"]);

// The service worker knows every file by its hash: another build is another version.
const files = {};
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.name === "sw.js") continue;
  const path = join(entry.parentPath, entry.name);
  files[relative(folder, path)] = createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
}
const version = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
const program = readFileSync("web/demo/sw.js", "utf8");
writeFileSync(
  join(folder, "sw.js"),
  `const VERSION = ${JSON.stringify(version)};\nconst FILES = ${JSON.stringify(files)};\n${program}`,
);
console.log(`${folder}: ${Object.keys(files).length + 1} files`);
