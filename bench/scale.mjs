// A plan for many pictures by simulation: workers with failures behind one queue or several, and searches that ask all shards. Prints
// a table and the figures that it reckons with: node bench/scale.mjs [--json]. docs/scale.md says what the columns mean.
import { FIGURES } from "./scale-figures.mjs";

const f = Object.fromEntries(Object.entries(FIGURES).map(([name, { value }]) => [name, value]));
const FILES = 32;
/** Batches that are simulated of each plan: enough that some workers fail. */
const BATCHES = 4_000_000;
const HOURS_A_MONTH = 730;

/** Pictures, the index that they want, days to index them all, searches a second. */
const PLANS = [
  { name: "10 million", rows: 1e7, index: "HNSW", days: 1, queries: 20 },
  { name: "1 billion", rows: 1e9, index: "IVF_SQ8", days: 14, queries: 100 },
  { name: "1 billion, on SSDs", rows: 1e9, index: "DISKANN", days: 14, queries: 100 },
  { name: "100 billion", rows: 1e11, index: "DISKANN", days: 90, queries: 100 },
];

let state = 7;
/** 0..1, the same in each run. */
function random() {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return (state + 0.5) / 2 ** 32;
}
const exponential = (mean) => -mean * Math.log(random());

/** A heap of events by time. */
class Events {
  #items = [];
  get length() {
    return this.#items.length;
  }
  push(time, item) {
    const heap = this.#items;
    let at = heap.push([time, item]) - 1;
    for (let up = (at - 1) >> 1; at > 0 && heap[up][0] > heap[at][0]; at = up, up = (at - 1) >> 1) {
      [heap[at], heap[up]] = [heap[up], heap[at]];
    }
  }
  pop() {
    const heap = this.#items;
    const [first, last] = [heap[0], heap.pop()];
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < heap.length && heap[left][0] < heap[least][0]) least = left;
      if (right < heap.length && heap[right][0] < heap[least][0]) least = right;
      if (least === at) return first;
      [heap[at], heap[least]] = [heap[least], heap[at]];
      at = least;
    }
  }
}

/** Batches that the workers of one queue finish: each is given out by Redis, computed, written; a worker may fail at any of it. */
function simulateIngest(workers, batches) {
  const events = new Events();
  const compute = FILES / f.pictures_per_s;
  const write = FILES / f.put_rows_per_s;
  const give = 1 / f.redis_batches_per_s;
  let [redisFree, done, redone, time] = [0, 0, 0, 0];
  const again = [];
  for (let i = 0; i < workers; i++)
    events.push(compute * random(), { fails: exponential(3_600 * f.worker_hours) });
  while (done < batches) {
    const [now, worker] = events.pop();
    time = now;
    // Redis gives out one batch after another.
    redisFree = Math.max(redisFree, now) + give;
    if (again.length > 0 && again[0] <= now) {
      again.shift();
      redone += 1;
    }
    const end = redisFree + compute * (0.8 + 0.4 * random()) + write;
    if (end < worker.fails) {
      done += 1;
      events.push(end, worker);
    } else {
      again.push(worker.fails + f.takeover_s);
      const back = worker.fails + f.restart_s;
      events.push(back, { fails: back + exponential(3_600 * f.worker_hours) });
    }
  }
  return { perSecond: (FILES * done) / time, redone, redisBusy: Math.min(1, (done * give) / time) };
}

/** Searches that arrive at random, ask every node, and end with the slowest: p50, p95, p99 in ms. */
function simulateSearch(nodes, factor, perSecond, searches = 5_000) {
  const sigma = Math.log(f.search_p95_ms / f.search_p50_ms) / 1.645;
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  const service = () => factor * f.search_p50_ms * Math.exp(sigma * normal());
  const free = Array.from({ length: nodes }, () => new Float64Array(f.node_cores));
  const times = [];
  let now = 0;
  for (let i = 0; i < searches; i++) {
    now += exponential(1_000 / perSecond);
    let last = now;
    for (const cores of free) {
      let core = 0;
      for (let c = 1; c < cores.length; c++) if (cores[c] < cores[core]) core = c;
      cores[core] = Math.max(now, cores[core]) + service();
      last = Math.max(last, cores[core]);
    }
    times.push(last - now);
  }
  times.sort((a, b) => a - b);
  return [0.5, 0.95, 0.99].map((share) => times[Math.floor(share * times.length)]);
}

/** Memory and SSD a row, and how much longer a search takes. */
const KINDS = {
  HNSW: { memory: f.hnsw_bytes, disk: 2_048 + f.facts_bytes, factor: f.shard_search_factor },
  IVF_SQ8: { memory: f.sq8_bytes, disk: 2_048 + f.facts_bytes, factor: f.shard_search_factor },
  DISKANN: {
    memory: f.diskann_memory,
    disk: f.diskann_bytes + f.facts_bytes,
    factor: f.shard_search_factor * f.disk_search_factor,
  },
};

function plan({ name, rows, index, days, queries }) {
  const { memory, disk, factor } = KINDS[index];
  const byMemory = (rows * memory) / (0.75e9 * f.node_memory_gb);
  const byDisk = (rows * disk) / (0.75e12 * f.node_disk_tb);
  const shards = Math.ceil(Math.max(byMemory, byDisk));
  const needed = rows / (days * 86_400);
  // A tenth more than is needed, for failures.
  const workers = Math.ceil((1.1 * needed) / f.pictures_per_s);
  const queues = Math.ceil(needed / FILES / (0.5 * f.redis_batches_per_s));
  const perQueue = Math.ceil(workers / queues);
  const ingest = simulateIngest(perQueue, BATCHES);
  const perSecond = ingest.perSecond * queues;
  const ingestDays = rows / perSecond / 86_400;
  const [p50, p95, p99] = simulateSearch(shards, factor, queries);
  return {
    pictures: name,
    index,
    shards,
    machines: 2 * shards,
    memory_tb: (2 * rows * memory) / 1e12,
    ssd_tb: (2 * rows * disk) / 1e12,
    workers,
    queues,
    ingest_days: ingestDays,
    pictures_per_s: perSecond,
    redis_busy: ingest.redisBusy,
    redone_per_million: (1e6 * ingest.redone) / BATCHES,
    ingest_eur: workers * ingestDays * 24 * f.worker_hour,
    month_eur:
      2 * shards * HOURS_A_MONTH * f.node_hour + (rows * (2_048 + f.facts_bytes) * f.month_tb) / 1e12,
    search_p50_ms: p50,
    search_p95_ms: p95,
    search_p99_ms: p99,
  };
}

const short = (value) => {
  if (typeof value !== "number") return String(value);
  return value >= 100 || Number.isInteger(value)
    ? Math.round(value).toLocaleString("en-GB")
    : value.toPrecision(2);
};

const plans = PLANS.map(plan);
if (process.argv.includes("--json")) console.log(JSON.stringify({ figures: FIGURES, plans }, undefined, 2));
else {
  const names = Object.keys(plans[0]);
  const table = names.map((name) => [name, ...plans.map((one) => short(one[name]))]);
  const widths = table[0].map((_, i) => Math.max(...table.map((cells) => cells[i].length)));
  for (const cells of table)
    console.log(
      cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  "),
    );
  console.log("\nIt reckons with:");
  for (const [name, { value, from, what }] of Object.entries(FIGURES)) {
    console.log(`  ${name.padEnd(20)} ${short(value).padStart(9)}  ${from.padEnd(10)}  ${what}`);
  }
}
