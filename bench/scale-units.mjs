// Unit costs of search on this machine, as JSON: node bench/scale-units.mjs FOLDER-OF-PICTURES. Milvus Lite is measured where
// npm run test:stores has installed it. Takes about a minute. Times of the processor are given beside those of the clock, since they
// say the same on a machine with other work.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadClip } from "../dist/index.js";
import { batchId } from "../dist/search/queue/batch.js";
import { rowId } from "../dist/search/row.js";
import { openStore } from "../dist/search/store/open.js";

const DIM = 512;
const ROWS = 20_000;
const FEW_ROWS = 12_000;
const PICTURES = 400;
const MODEL = { name: "random", revision: "r".repeat(64), precision: "fp32", dim: DIM };

let state = 1;
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32 - 0.5;
};

function vector() {
  const values = Float32Array.from({ length: DIM }, random);
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

function row(n) {
  const path = `/mnt/pictures/2024/${n % 1000}/IMG_${String(n).padStart(8, "0")}.jpg`;
  const hash = createHash("sha256").update(path).digest("hex");
  const facts = { bytes: 2e6 + n, modified: 1.7e12 + n, width: 4000, height: 3000, taken: 1.6e12 + n };
  const place = { latitude: 48.1, longitude: 11.5, camera: "Canon EOS R5" };
  const rest = {
    labels: ["beach", "dog"],
    caption: null,
    perceptual: hash.slice(0, 16),
    sharpness: 100,
    blank: false,
  };
  return {
    id: rowId(path, null),
    path,
    time: null,
    hash,
    ...facts,
    ...place,
    ...rest,
    thumbnail: null,
    indexed: 1.7e12,
    vector: vector(),
  };
}

const bytesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

async function timed(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Seconds of the processor that this process, or another one, has used so far. */
function cpuSeconds(pid) {
  if (pid === undefined) {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Milliseconds of the processor a piece, of this process and a server's. */
async function cpuEach(pieces, pid, work) {
  const used = () => cpuSeconds() + (pid === undefined ? 0 : cpuSeconds(pid));
  const before = used();
  await work();
  return Number((((used() - before) * 1_000) / pieces).toPrecision(3));
}

const QUERIES = 60;

/** Median and 95th percentile, ms, of single queries, and what one takes of the processor. */
async function queryTimes(store, pid, options = {}) {
  const queries = Array.from({ length: QUERIES }, vector);
  const times = [];
  const cpu_ms = await cpuEach(QUERIES, pid, async () => {
    for (const query of queries) times.push(await timed(() => store.nearest([query], { k: 10, ...options })));
  });
  times.sort((a, b) => a - b);
  const round = (value) => Math.round(10 * value) / 10;
  return { cpu_ms, p50_ms: round(times[30]), p95_ms: round(times[57]) };
}

async function measureStore(address, rows, folder, pid) {
  const store = await openStore(address, { model: MODEL, create: true, version: "bench" });
  const made = Array.from({ length: rows }, (_, n) => row(n));
  const put_cpu_ms = await cpuEach(rows, pid, async () => {
    for (let from = 0; from < rows; from += 1_000) await store.put(made.slice(from, from + 1_000));
  });
  const exact = await queryTimes(store, pid, { exact: true });
  const index_cpu_ms = await cpuEach(rows, pid, () => store.optimise());
  const stats = await store.stats();
  const indexed = await queryTimes(store, pid);
  await store[Symbol.asyncDispose]();
  await sleep(500);
  return {
    rows,
    put_cpu_ms,
    bytes_per_row: Math.round(bytesOf(folder) / rows),
    exact,
    index: stats.index?.kind ?? null,
    index_cpu_ms,
    indexed,
  };
}

async function measureMilvus(folder) {
  const venv = process.env.ZEROCLIP_MILVUS_LITE || join(tmpdir(), "zeroclip-milvus-lite");
  const data = join(folder, "milvus");
  const port = 20_000 + (process.pid % 10_000);
  const program = join(venv, "bin", "milvus-lite");
  const server = spawn(
    program,
    ["server", "--data-dir", data, "--host", "127.0.0.1", "--port", String(port)],
    { stdio: "ignore" },
  );
  try {
    for (let tries = 0; tries < 20; tries++) {
      await sleep(500);
      try {
        return await measureStore(`milvus://127.0.0.1:${port}/bench`, FEW_ROWS, data, server.pid);
      } catch (error) {
        if (error.code !== "search.store") throw error;
      }
    }
    return null;
  } finally {
    server.kill("SIGKILL");
  }
}

async function measureModel(photos) {
  const files = readdirSync(photos)
    .slice(0, PICTURES)
    .map((name) => join(photos, name));
  const clip = await loadClip("starter");
  await clip.encodeImages(files.slice(0, 16));
  const cpu_ms = await cpuEach(files.length, undefined, () => clip.encodeImages(files));
  await clip[Symbol.asyncDispose]();
  return { model: "starter", cpu_ms };
}

/** Bytes of a batch in a queue. */
function batchBytes() {
  const files = Array.from({ length: 32 }, (_, n) => ({
    kind: "picture",
    path: row(n).path,
    bytes: 2e6,
    modified: 1.7e12,
  }));
  const batch = {
    formatVersion: 1,
    db: "/mnt/db",
    model: { spec: "starter", identity: MODEL },
    frames: 100,
    thumbnail: null,
    files,
  };
  return JSON.stringify(batch).length + batchId(batch).length;
}

const folder = mkdtempSync(join(tmpdir(), "zeroclip-units-"));
try {
  const units = {
    machine: `${cpus()[0].model}, ${cpus().length} cores`,
    batch_bytes: batchBytes(),
    encoder: await measureModel(process.argv[2]),
    lancedb: await measureStore(join(folder, "db"), ROWS, join(folder, "db")),
    milvus_lite: await measureMilvus(folder),
  };
  console.log(JSON.stringify(units, undefined, 2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
