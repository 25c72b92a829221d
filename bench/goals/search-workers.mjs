// Pictures that workers compute over Redis while one of them is killed every ten seconds: all in the database, each once.
import { spawn } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openStore } from "../../dist/search/store/open.js";
import { flickr8k } from "./data.mjs";

const PROGRAM = join(import.meta.dirname, "..", "..", "dist", "cli", "main.js");
const WORKERS = 4;
/** A worker dies every so many seconds; in a quick run, which takes less than a minute, more often. */
const EVERY_S = { whole: 10, quick: 3 };
const QUICK = 500;

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listens(port) {
  for (;;) {
    const there = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (there) return;
    await sleep(50);
  }
}

/** The whole command line, as users run it. */
function zeroclip(home, ...args) {
  const environment = { ...process.env, ZEROCLIP_HOME: home };
  return spawn(process.execPath, [PROGRAM, ...args], {
    env: environment,
    stdio: ["ignore", "pipe", "ignore"],
  });
}

async function output(child) {
  let text = "";
  for await (const part of child.stdout) text += part;
  return text;
}

/** Four workers, one killed and replaced every so often, until the coordinator is done → its report and how many were killed. */
async function indexed(photos, db, home, queue, every) {
  const start = () => zeroclip(home, "worker", "--queue", queue, "--threads", "1", "--takeover", "5");
  const workers = Array.from({ length: WORKERS }, start);
  const coordinator = zeroclip(home, "index", photos, "--db", db, "--queue", queue, "--json");
  let killed = 0;
  const timer = setInterval(() => {
    workers.shift().kill("SIGKILL");
    workers.push(start());
    killed += 1;
  }, 1_000 * every);
  const text = await output(coordinator);
  clearInterval(timer);
  for (const worker of workers) worker.kill("SIGTERM");
  return { report: JSON.parse(text), killed };
}

/** How often each picture of the folder is in the database; others count as wrong. */
async function occurrences(photos, db) {
  const times = new Map(readdirSync(photos).map((name) => [join(photos, name), 0]));
  let others = 0;
  const store = await openStore(db, { version: "goals" });
  for await (const rows of store.scan({ columns: ["path"] })) {
    for (const { path } of rows) {
      if (times.has(path)) times.set(path, times.get(path) + 1);
      else others += 1;
    }
  }
  await store[Symbol.asyncDispose]();
  const counts = [...times.values()];
  return { once: counts.filter((n) => n === 1).length, wrong: others + counts.filter((n) => n > 1).length };
}

/** Yields `{ goal, asked, measured, met }`; `--quick`: 500 photos. */
export async function* measure(options = []) {
  const isQuick = options.includes("--quick");
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-workers-"));
  const port = await freePort();
  const settings = ["--appendonly", "yes", "--save", "", "--dir", folder];
  const redis = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", ...settings], {
    stdio: "ignore",
  });
  try {
    await listens(port);
    let photos = flickr8k().images;
    if (isQuick) {
      const few = join(folder, "photos");
      mkdirSync(few);
      for (const name of readdirSync(photos).slice(0, QUICK)) linkSync(join(photos, name), join(few, name));
      photos = few;
    }
    const all = readdirSync(photos).length;
    const every = isQuick ? EVERY_S.quick : EVERY_S.whole;
    const db = join(folder, "db");
    const { report, killed } = await indexed(
      photos,
      db,
      join(folder, "home"),
      `redis://127.0.0.1:${port}`,
      every,
    );
    const { once, wrong } = await occurrences(photos, db);
    const rate = `${(all / report.seconds).toFixed(1)} a second`;
    yield {
      goal: `${all} photos by ${WORKERS} workers over Redis, one killed every ${every} s (${killed} in all)`,
      asked: `${all} once, 0 twice, 0 failed`,
      measured: `${once} once, ${wrong} twice, ${report.failed} failed; ${rate}`,
      met: once === all && wrong === 0 && report.failed === 0,
    };
  } finally {
    redis.kill("SIGKILL");
    await sleep(200);
    rmSync(folder, { recursive: true, force: true });
  }
}
