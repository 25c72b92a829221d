// How much a server does: `node bench/sizing.mjs [--quick] [--json] [--cores 1,2] [--model M,…]` starts `zeroclip serve` on so many
// cores (taskset, Linux), asks it with one photo and five labels, and prints the table of docs/deploy.md. Where the machine has cores
// to spare the clients run on them. ViT-B/32's shape has seeded weights (ZEROCLIP_SHAPES/ViT-B-32/model.pt, as the speed goals make
// it); int8 forms are made where they are missing, in ZEROCLIP_HOME/bench/sizing.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import { kindOf, readMachine } from "../dist/bench/machine.js";
import { readEnvironment } from "../dist/environment.js";
import { int8Form } from "./int8.mjs";

const shape = `${process.env.ZEROCLIP_SHAPES ?? "shapes"}/ViT-B-32/model.pt`;
const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    cores: { type: "string", default: "1,2" },
    model: { type: "string", default: ["starter", shape, `${shape}@int8`].join(",") },
  },
});
const home = join(readEnvironment().home, "bench", "sizing");
const seconds = values.quick ? 2 : 6;
const photo = readFileSync("test/fixtures/pictures/cat.jpg");
const LABELS = "cat,dog,rocket,cup of coffee,astronaut";
/** Clients that ask without a pause: what waits in such a circle is their number. */
const MANY = 16;

/** CPUs that this process may use: "0-1,4" → [0, 1, 4]. */
function allowed() {
  const [, list] = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return list.split(",").flatMap((range) => {
    const [from, to = from] = range.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

/** Starts a server on these CPUs, resolves when it is ready. */
async function serve(model, cpus) {
  const began = performance.now();
  // ONNX Runtime counts the machine's cores, and puts its threads on them, where it is not told.
  const threads = cpus.length < allowed().length ? ["--threads", String(cpus.length)] : [];
  const args = [
    "serve",
    "--json",
    "--port",
    "0",
    "--model",
    model,
    "--log-level",
    "error",
    "--home",
    home,
    ...threads,
  ];
  const child = spawn(
    "taskset",
    ["-c", cpus.join(","), process.execPath, "dist/cli/main.js", ...args, "--max-queue-ms", "60000"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const url = await new Promise((done, fail) => {
    child.stdout.once("data", (chunk) => done(JSON.parse(chunk).url));
    child.once("error", fail);
    child.once("close", () => fail(new Error(`no server of ${model} started`)));
  });
  while ((await fetch(`${url}/readyz`)).status !== 200) await pause(20);
  const ready = (performance.now() - began) / 1000;
  const megabytes = (name) =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]) /
    1024;
  const end = () =>
    new Promise((done) => {
      child.once("close", done);
      child.kill("SIGTERM");
    });
  return { url, ready, megabytes, end };
}

async function load(url, connections, duration) {
  const result = await autocannon({
    url: `${url}/v1/classify?labels=${encodeURIComponent(LABELS)}`,
    method: "POST",
    headers: { "content-type": "image/jpeg" },
    body: photo,
    connections,
    duration,
    timeout: 60,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx + result.errors} requests were not answered with 200`);
  return { rate: result["2xx"] / result.duration, p50: result.latency.p50, p97: result.latency.p97_5 };
}

async function measure(model, cores) {
  const cpus = allowed();
  if (cpus.length < cores) throw new Error(`Expected ${cores} CPUs but there are ${cpus.length}.`);
  // Once before: what is compiled and chosen at the first start is kept.
  const first = await serve(model, cpus.slice(0, cores));
  await first.end();
  const server = await serve(model, cpus.slice(0, cores));
  const started = server.megabytes("VmRSS");
  await load(server.url, 1, 1);
  const alone = await load(server.url, 1, seconds / 2);
  await load(server.url, MANY, 1);
  const many = await load(server.url, MANY, seconds);
  const figures = {
    ready: server.ready,
    started,
    resident: server.megabytes("VmRSS"),
    peak: server.megabytes("VmHWM"),
  };
  await server.end();
  const name = model === shape ? `${shape}@fp32` : model;
  return { model: name.replace(`${shape}@`, "ViT-B/32's shape, "), cores, alone, many, ...figures };
}

const say = (text) => process.stderr.write(`${text}\n`);
const rows = [];
for (const model of values.model.split(",")) {
  if (model.endsWith("@int8")) await int8Form(model.replace(/@int8$/, ""), { home, say });
  for (const cores of values.cores.split(",").map(Number)) {
    say(`${model}, ${cores}`);
    rows.push(await measure(model, cores));
  }
}

const machine = readMachine();
if (values.json)
  console.log(JSON.stringify({ date: new Date().toISOString().slice(0, 10), machine, rows }, null, 2));
else {
  console.log(
    "| model | cores | ready after | one client | 16 clients, p97.5 | requests/s | memory ready | under load | peak |",
  );
  console.log("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
  for (const { model, cores, ready, alone, many, started, resident, peak } of rows)
    console.log(
      `| ${model} | ${cores} | ${ready.toFixed(1)} s | ${alone.p50} ms | ${many.p97} ms | ${many.rate.toFixed(1)} | ${started.toFixed(0)} MB | ${resident.toFixed(0)} MB | ${peak.toFixed(0)} MB |`,
    );
  console.log(
    `\n${machine.cpu ?? ""} (${kindOf(machine)}), node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
  );
}
