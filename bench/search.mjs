// Search at a size: `node bench/search.mjs [--rows 100000] [--dim 512] [--queries 200] [--only lancedb,memory,quick,peers] [--json F]`.
// Vectors that lie as CLIP's do (bench/search/vectors.mjs); faiss and hnswlib beside it in the same run, from ZEROCLIP_PYTHON with
// faiss-cpu, hnswlib and numpy. Built files first: npm run build.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { quickStore } from "../dist/search/quick/quick-store.js";
import { rowId } from "../dist/search/row.js";
import { openStore } from "../dist/search/store/open.js";
import { likeClip } from "./search/vectors.mjs";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    dim: { type: "string", default: "512" },
    queries: { type: "string", default: "200" },
    only: { type: "string", default: "lancedb,memory,quick,peers" },
    json: { type: "string" },
  },
});
const [rows, dim, queries] = [values.rows, values.dim, values.queries].map(Number);
const only = new Set(values.only.split(","));
const K = 10;
const BATCH = 5_000;
const SEED = 20_260;

const folder = mkdtempSync(join(tmpdir(), "zeroclip-search-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "vectors.f32");

/** Writes rows, then queries (pictures and texts in turn), as f32 [rows + queries, dim]. */
function make() {
  const source = likeClip(dim, SEED);
  const out = openSync(file, "w");
  for (let from = 0; from < rows + queries; from += BATCH) {
    const count = Math.min(BATCH, rows + queries - from);
    const part = new Float32Array(count * dim);
    for (let i = 0; i < count; i++) {
      const isText = from + i >= rows && i % 2 === 1;
      part.set(isText ? source.text() : source.picture(), i * dim);
    }
    writeSync(out, new Uint8Array(part.buffer));
  }
}

const handle = () => openSync(file, "r");
function read(fd, from, count) {
  const part = new Float32Array(count * dim);
  readSync(fd, new Uint8Array(part.buffer), 0, part.byteLength, from * dim * 4);
  return part;
}

const HASH = "0".repeat(64);
const plain = {
  ...{ time: null, hash: HASH, bytes: 1000, modified: 0, width: 1, height: 1, taken: null, latitude: null },
  ...{ longitude: null, camera: null, labels: [], caption: null, perceptual: "0".repeat(16), sharpness: 0 },
  ...{ blank: false, thumbnail: null, indexed: 0 },
};
const pathOf = (n) => `/photos/${n}.jpg`;

async function fill(store) {
  const fd = handle();
  for (let from = 0; from < rows; from += BATCH) {
    const count = Math.min(BATCH, rows - from);
    const part = read(fd, from, count);
    await store.put(
      Array.from({ length: count }, (_, i) => ({
        ...{ ...plain, id: rowId(pathOf(from + i), null), path: pathOf(from + i) },
        vector: part.subarray(i * dim, (i + 1) * dim),
      })),
    );
  }
}

const model = { name: "bench", revision: "bench", precision: "fp32", dim };
const open = (address) => openStore(address, { model, create: true, version: "bench" });
const seconds = (since) => (performance.now() - since) / 1000;
const asked = () => {
  const all = read(handle(), rows, queries);
  return Array.from({ length: queries }, (_, i) => all.subarray(i * dim, (i + 1) * dim));
};

/** Exact search asks no more of the queries: at a million rows each takes seconds. */
const EXACT_QUERIES = 50;

/** Rounds through the queries; their times are those of the round in the middle. */
const ROUNDS = 3;
const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** p50 and p95 of single queries, ms; recall@10 against the exact answer; queries a second in one call. */
async function ask(search, truth, most = queries) {
  const list = asked().slice(0, most);
  for (const query of list.slice(0, 20)) await search([query]);
  const rounds = [];
  let right = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const times = [];
    for (const [i, query] of list.entries()) {
      const began = performance.now();
      const [found] = await search([query]);
      times.push(performance.now() - began);
      if (truth && round === 0) right += found.filter(({ id }) => truth[i].has(id)).length;
    }
    rounds.push(times.sort((a, b) => a - b));
  }
  const began = performance.now();
  for (let from = 0; from < list.length; from += 32) await search(list.slice(from, from + 32));
  const perSecond = list.length / seconds(began);
  const at = (share) =>
    middle(rounds.map((times) => times[Math.min(times.length - 1, Math.floor(times.length * share))]));
  return { p50: at(0.5), p95: at(0.95), recall: truth ? right / (K * list.length) : 1, perSecond };
}

const table = [];
function report(line) {
  table.push(line);
  const { name, build, p50, p95, recall, perSecond, memory, disk } = line;
  // Memory that was free before and taken again says nothing.
  const mega = (bytes) => (bytes === undefined || bytes <= 0 ? "—" : `${Math.round(bytes / 1e6)} MB`);
  const ms = (value) => (value === undefined ? "—" : value.toFixed(2));
  console.log(
    `| ${name} | ${build === undefined ? "—" : build.toFixed(1)} | ${ms(p50)} | ${ms(p95)} | ${recall?.toFixed(3) ?? "—"} | ${Math.round(perSecond ?? 0)} | ${mega(memory)} | ${mega(disk)} |`,
  );
}

async function main() {
  console.log(
    `${rows} × ${dim}, ${queries} queries, k = ${K}; ${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}`,
  );
  let began = performance.now();
  make();
  console.log(`vectors made in ${seconds(began).toFixed(1)} s\n`);
  console.log("| index | build s | p50 ms | p95 ms | recall@10 | queries/s, 32 at once | memory | disk |");
  console.log("|---|---:|---:|---:|---:|---:|---:|---:|");
  const used = () => {
    globalThis.gc?.();
    return process.memoryUsage().rss;
  };
  const before = used();
  const store = await open(join(folder, "db"));
  began = performance.now();
  await fill(store);
  const filled = seconds(began);
  const exact = (list) => store.nearest(list, { k: K, exact: true });
  const truth = [];
  for (let from = 0; from < queries; from += 32)
    for (const found of await exact(asked().slice(from, from + 32)))
      truth.push(new Set(found.map(({ id }) => id)));
  if (only.has("lancedb")) {
    report({
      name: "LanceDB, exact",
      build: filled,
      ...(await ask(exact, undefined, EXACT_QUERIES)),
      disk: (await store.stats()).bytes,
    });
    began = performance.now();
    await store.optimise();
    const build = seconds(began);
    const { index, bytes } = await store.stats();
    const search = (list) => store.nearest(list, { k: K });
    report({
      name: `LanceDB, ${index?.kind ?? "no index"}`,
      build,
      ...(await ask(search, truth)),
      disk: bytes,
      memory: used() - before,
    });
  }
  if (only.has("memory")) {
    const memory = await open("memory:");
    began = performance.now();
    await fill(memory);
    const search = (list) => memory.nearest(list, { k: K });
    const build = seconds(began);
    report({
      name: "memory, exact",
      build,
      ...(await ask(search, truth)),
      memory: (await memory.stats()).bytes,
    });
  }
  if (only.has("quick")) {
    const least = used();
    began = performance.now();
    const quick = await quickStore(store);
    const build = seconds(began);
    const search = (list) => quick.nearest(list, { k: K });
    report({
      name: "index in memory (USearch)",
      build,
      ...(await ask(search, truth)),
      memory: used() - least,
    });
  }
  await store[Symbol.asyncDispose]();
  const python = process.env.ZEROCLIP_PYTHON;
  if (only.has("peers") && python !== undefined && existsSync(python)) {
    const script = new URL("./search/peers.py", import.meta.url).pathname;
    const args = [script, file, String(rows), String(queries), String(dim), String(K)];
    const { stdout, status } = spawnSync(python, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      maxBuffer: 1e8,
    });
    if (status !== 0) throw new Error("The peers in Python failed.");
    for (const line of stdout.trim().split("\n")) report(JSON.parse(line));
  } else console.error("faiss and hnswlib are left out: ZEROCLIP_PYTHON names no Python.");
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ rows, dim, queries, table }, null, 2)}\n`);
}

await main();
