// The Dockerfile without Docker: `node tools/test-image.mjs [--keep]` does its steps in clean folders, one a stage, with the files that
// .dockerignore lets through, prints what the image would add to its base, and starts the server there as its user, with the code
// read-only. Knows what our Dockerfile uses; anything else is an error. Needs npm's registry, and root to change the user.
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, matchesGlob, relative, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const root = mkdtempSync(join(tmpdir(), "zeroclip-image-"));
chmodSync(root, 0o755);
const fail = (what) => {
  throw new Error(what);
};

const ignored = readFileSync(".dockerignore", "utf8").split("\n");
const rules = ignored
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => ({ keep: line.startsWith("!"), pattern: line.replace(/^!/, "") }));
/** The last rule that a path, or a folder above it, fits. */
function isSent(path) {
  const parts = path.split("/");
  const paths = parts.map((_, i) => parts.slice(0, i + 1).join("/"));
  const rule = rules.findLast(({ pattern }) => paths.some((one) => matchesGlob(one, pattern)));
  return rule?.keep ?? true;
}

/** Lines with their continuations → words of each instruction. */
const instructions = readFileSync("Dockerfile", "utf8")
  .replace(/^#.*\n/gm, "")
  .replaceAll("\\\n", " ")
  .split("\n")
  .filter((line) => line.trim() !== "")
  .map((line) => [line.split(" ", 1)[0], line.slice(line.indexOf(" ") + 1).trim()]);

const image = { env: {}, stages: new Map() };
let stage;
let workdir;

function copy(words) {
  const from = /^--from=(\S+) /.exec(words)?.[1];
  const paths = words.replace(/^--from=\S+ /, "").split(/ +/);
  const target = paths.pop();
  const source = from === undefined ? process.cwd() : (image.stages.get(from) ?? fail(`No stage ${from}`));
  for (const path of paths) {
    const full = from === undefined ? resolve(path) : join(source, path);
    if (!existsSync(full)) fail(`COPY ${words}: there is no ${path}`);
    const into = /\/$/.test(target) && !full.endsWith("/") ? join(target, path) : target;
    const filter = (file) => from !== undefined || file === full || isSent(relative(source, file));
    if (from === undefined && path !== "." && !isSent(path)) fail(`.dockerignore leaves out ${path}`);
    cpSync(full, join(stage, workdir, into), { recursive: true, filter, verbatimSymlinks: true });
  }
}

function step([name, words]) {
  switch (name) {
    case "FROM":
      stage = join(root, String(image.stages.size));
      image.stages.set(/ AS (\S+)$/.exec(words)?.[1] ?? "last", stage);
      return mkdirSync(stage);
    case "WORKDIR":
      workdir = words;
      return mkdirSync(join(stage, workdir), { recursive: true });
    case "COPY":
      return copy(words);
    case "RUN": {
      const done = spawnSync("sh", ["-c", words], { cwd: join(stage, workdir) });
      return done.status === 0 ? undefined : fail(`RUN ${words}:\n${done.stdout}${done.stderr}`);
    }
    case "ENV":
      for (const [, key, value] of words.matchAll(/(\w+)=(\S+)/g)) image.env[key] = value;
      return undefined;
    case "USER":
    case "ENTRYPOINT":
    case "CMD":
    case "HEALTHCHECK":
      image[name] = words;
      return undefined;
    case "ARG":
    case "EXPOSE":
    case "VOLUME":
      return undefined;
    default:
      return fail(`Not known here: ${name}`);
  }
}

const megabytes = (path) =>
  (spawnSync("du", ["-sk", path], { encoding: "utf8" }).stdout.split("\t")[0] / 1024).toFixed(0);

/** Starts the server as the image would, asks it, and ends it. */
async function start() {
  const inside = (path) => path.replaceAll(/(^|:)(?=\/(?:app|data))/g, `$1${stage}`);
  const env = Object.fromEntries(Object.entries(image.env).map(([key, value]) => [key, inside(value)]));
  const own = { ...env, PATH: env.PATH.replace("$PATH", process.env.PATH), HOME: "/nonexistent" };
  const [uid, gid] = image.USER.split(":").map(Number);
  spawnSync("chmod", ["-R", "a-w", join(stage, "app")]);
  const options = { cwd: join(stage, workdir), env: { ...own, ZEROCLIP_SERVE_PORT: "18765" }, uid, gid };
  const health = JSON.parse(image.HEALTHCHECK.slice(image.HEALTHCHECK.indexOf("[")));
  const isHealthy = () => spawnSync(health[0], health.slice(1), options).status === 0;
  const command = [...JSON.parse(image.ENTRYPOINT), ...JSON.parse(image.CMD)];
  if (isHealthy()) fail("The health check is content before anything runs.");
  const made = spawnSync("zeroclip", ["keys", "create", "test"], { ...options, encoding: "utf8" });
  const began = performance.now();
  const child = spawn(command[0], command.slice(1), { ...options, stdio: ["ignore", "inherit", "inherit"] });
  const ended = new Promise((done) => child.once("close", done));
  while (!isHealthy()) {
    if (child.exitCode !== null || performance.now() - began > 60_000) fail("The server did not start.");
    await pause(100);
  }
  console.log(`ready after ${((performance.now() - began) / 1000).toFixed(1)} s as ${image.USER}`);
  const ask = (key) =>
    fetch("http://127.0.0.1:18765/v1/classify?labels=cat,dog", {
      method: "POST",
      headers: { "content-type": "image/jpeg", authorization: `Bearer ${key}` },
      body: readFileSync("test/fixtures/pictures/cat.jpg"),
    });
  const answer = await ask(made.stdout.trim());
  const { results } = await answer.json();
  if (results?.[0]?.predictions[0].label !== "cat") fail(`Answered ${answer.status}`);
  if ((await ask("none")).status !== 401) fail("Answered without a key.");
  const { resident } = /VmRSS:\s+(?<resident>\d+)/.exec(
    readFileSync(`/proc/${child.pid}/status`, "utf8"),
  ).groups;
  console.log(`answers with a key, refuses without; ${(resident / 1024).toFixed(0)} MB resident`);
  child.kill("SIGTERM");
  if ((await ended) !== 0) fail("SIGTERM did not end it with 0.");
}

try {
  for (const instruction of instructions) {
    console.log(instruction.join(" ").slice(0, 110));
    step(instruction);
  }
  const layers = [...new Set(["app/node_modules", "app/starter", "app/calibration", "app/dist"])];
  console.log(
    `\nThe image adds ${megabytes(stage)} MB to its base: ${layers.map((path) => `${path} ${megabytes(join(stage, path))}`).join(", ")}`,
  );
  await start();
} finally {
  if (process.argv.includes("--keep")) console.log(`kept: ${root}`);
  else rmSync(root, { recursive: true, force: true });
}
