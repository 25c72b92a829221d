// The tarball as a user gets it: packed, installed in an empty project elsewhere, run through npx, imported with types.
// Prints its sizes, which the README quotes.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-package-"));
const project = join(folder, "project");
const environment = {
  ...process.env,
  ZEROCLIP_HOME: join(folder, "home"),
  ZEROCLIP_OFFLINE: "1",
  ONNXRUNTIME_NODE_INSTALL: "skip",
};

function run(command, args, cwd = project) {
  const done = spawnSync(command, args, { cwd, env: environment, encoding: "utf8", maxBuffer: 64 << 20 });
  if (done.status !== 0) {
    throw new Error(`${command} ${args.join(" ")} ended with ${done.status}:\n${done.stdout}${done.stderr}`);
  }
  return done.stdout;
}

const megabytes = (path) => Number(execFileSync("du", ["-sm", path], { encoding: "utf8" }).split("\t")[0]);

function expect(what, holds) {
  if (!holds) throw new Error(`The packed package fails: ${what}`);
  console.log(`ok   ${what}`);
}

try {
  run("npm", ["run", "build"], process.cwd());
  run("npm", ["pack", "--pack-destination", folder], process.cwd());
  const tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith(".tgz")),
  );
  mkdirSync(project);
  cpSync(resolve("test/fixtures/pictures"), join(project, "pictures"), { recursive: true });
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "empty", private: true, type: "module" }),
  );
  run("npm", ["install", "--prefer-offline", "--no-fund", "--no-audit", tarball]);

  const answer = JSON.parse(
    run("npx", ["zeroclip", "classify", "pictures/cat.jpg", "--labels", "cat,dog,coffee", "--json"]),
  );
  expect("npx zeroclip classify answers cat", answer.results[0].predictions[0].label === "cat");

  const program = `import { loadClip, type Prediction } from "zeroclip";
await using clip = await loadClip("starter");
const predictions: Prediction[] = await clip.classify("pictures/cat.jpg", ["cat", "dog"]);
console.log(predictions[0]?.label);
`;
  writeFileSync(join(project, "use.ts"), program);
  const tsc = resolve("node_modules/typescript/bin/tsc");
  const compilerOptions = [
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--lib",
    "es2023,esnext.disposable",
    "--strict",
  ];
  const types = ["--typeRoots", resolve("node_modules/@types"), "--types", "node"];
  run(process.execPath, [tsc, ...compilerOptions, ...types, "use.ts"]);
  expect("its types hold and the import answers cat", run(process.execPath, ["use.js"]).trim() === "cat");

  const modules = join(project, "node_modules");
  const dependencies = JSON.parse(run("npm", ["query", "*"])).length - 2;
  console.log(`tarball ${(statSync(tarball).size / 1e6).toFixed(1)} MB`);
  console.log(
    `installed: zeroclip itself ${megabytes(join(modules, "zeroclip"))} MB, everything ${megabytes(modules)} MB, ${dependencies} dependencies`,
  );
  console.log(`of which ONNX Runtime for all platforms ${megabytes(join(modules, "onnxruntime-node"))} MB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
