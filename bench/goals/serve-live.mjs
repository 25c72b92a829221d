// Live rows of `npm run goals -- serve` (alone: `-- serve --only live`): `zeroclip live` with the decoding of its video, and streams of
// /v1/live. ffmpeg, the clients and the server share the machine.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import WebSocket from "ws";

const LABELS = "cat,rocket,cup of coffee";
const RATE = 15;
const PICTURES = ["cat", "rocket", "coffee"];

function ffmpeg(args) {
  const { status, stderr } = spawnSync("ffmpeg", ["-v", "error", "-y", ...args]);
  if (status !== 0) throw new Error(`ffmpeg: ${stderr}`);
}

/** Photos one after the other, moving slowly, so that no frame is that before it: 640×360, 25 frames a second, H.264. */
function makeVideo(path, seconds) {
  const each = seconds / PICTURES.length;
  const inputs = PICTURES.flatMap((name) => ["-i", `test/fixtures/pictures/${name}.jpg`]);
  const moving = PICTURES.map(
    (_, i) =>
      `[${i}]scale=800:450,zoompan=z=1+0.1*on/${25 * each}:d=${25 * each}:s=640x360:fps=25,setsar=1[v${i}]`,
  ).join(";");
  const graph = `${moving};${PICTURES.map((_, i) => `[v${i}]`).join("")}concat=n=${PICTURES.length}:v=1,format=yuv420p`;
  ffmpeg([...inputs, "-filter_complex", graph, "-c:v", "libx264", "-preset", "veryfast", path]);
}

/** `zeroclip live` at the video's own speed → its lines. `told` is called with each line as it comes. */
async function watch(video, args, told = () => {}) {
  const command = ["dist/cli/main.js", "live", video, "--json", "--realtime", ...args];
  const child = spawn(process.execPath, command, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = [];
  let rest = "";
  child.stdout.on("data", (chunk) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop();
    for (const line of parts.map((text) => JSON.parse(text))) {
      lines.push(line);
      told(line, child);
    }
  });
  await new Promise((done) => child.once("close", done));
  return lines;
}

/** A client that sends its frames at the rate while it has credits → what became of them. */
async function stream(url, frames, seconds, { ends }) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/live`);
  const sent = new Map();
  const latencies = [];
  let credits = 0;
  await new Promise((done, fail) => {
    socket.once("error", fail);
    socket.on("message", (data) => {
      const answer = JSON.parse(String(data));
      if (answer.type === "ready") done();
      if (answer.type === "frame") latencies.push(performance.now() - sent.get(answer.time));
      credits += answer.credits ?? 0;
    });
    socket.once("open", () => socket.send(JSON.stringify({ type: "start", labels: LABELS.split(",") })));
  });
  const began = performance.now();
  let skipped = 0;
  for (let i = 0; i < seconds * RATE; i++) {
    await pause(Math.max(0, began + (1000 * i) / RATE - performance.now()));
    if (credits === 0) {
      skipped += 1;
      continue;
    }
    credits -= 1;
    const time = Buffer.alloc(8);
    time.writeDoubleLE(i);
    sent.set(i, performance.now());
    socket.send(Buffer.concat([time, frames[i % frames.length]]));
  }
  const answered = latencies.length / ((performance.now() - began) / 1000);
  await ends();
  socket.close();
  return { latencies, rate: answered, skipped };
}

const share = (values, part) => values.toSorted((a, b) => a - b)[Math.ceil(part * values.length) - 1];
const ms = (value) => `${value.toFixed(0)} ms`;

export async function* measureLive(model, quick, serve) {
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-goals-live-"));
  try {
    yield* accuracy(folder, quick);
    yield* speed(folder, model, quick, serve);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The starter model, which knows what it sees. */
async function* accuracy(folder, quick) {
  const seconds = quick ? 15 : 60;
  const video = join(folder, "cuts.mp4");
  makeVideo(video, seconds);
  const each = seconds / PICTURES.length;
  const lines = await watch(video, ["--labels", LABELS]);
  const ends = lines.filter(({ event }) => event === "end");
  const off = ends.flatMap(({ start, end }, i) => [
    Math.abs(start - i * each),
    Math.abs(end - (i + 1) * each),
  ]);
  const right = ends.map(({ label }) => label).join(",") === LABELS;
  yield {
    goal: `${seconds} s video with known cuts: events, furthest from a cut`,
    asked: "< 0.5 s",
    measured: right ? `${Math.max(...off).toFixed(2)} s` : `wrong events: ${JSON.stringify(ends)}`,
    met: right && Math.max(...off) < 0.5,
  };
  const file = join(folder, "labels.txt");
  writeFileSync(file, "dog\nbus\n");
  let saved;
  const edited = await watch(
    video,
    ["--labels-file", file, "--frames", "--fps", String(RATE)],
    ({ event, time }) => {
      if (saved !== undefined || event !== "frame" || time < seconds / 2) return;
      saved = time;
      writeFileSync(file, "cat\nrocket\ncup of coffee\n");
    },
  );
  const first = edited.find(({ version }) => version === 2);
  const seen = edited.find(({ event, label }) => event === "start" && label === "rocket");
  const late = first && seen ? Math.max(first.time, seen.start) - saved : Number.NaN;
  yield {
    goal: "… labels changed in the middle act after",
    asked: "< 0.5 s",
    measured: `${late.toFixed(2)} s`,
    met: late < 0.5,
  };
}

async function* speed(folder, model, quick, serve) {
  const seconds = quick ? 12 : 60;
  const video = join(folder, "speed.mp4");
  makeVideo(video, seconds);
  const fps = ["--labels", LABELS, "--model", model, "--fps", String(RATE)];
  const [done] = (await watch(video, fps)).slice(-1);
  yield {
    goal: `zeroclip live, ${RATE} frames/s of 640×360: latency at p95 (p50)`,
    asked: "< 60 ms",
    measured: `${ms(done.latency.p95)} (${ms(done.latency.p50)})`,
    met: done.latency.p95 < 60,
  };
  const sustained = done.frames / seconds;
  yield {
    goal: "… frames/s with the decoding",
    asked: `${RATE}/s`,
    measured: `${sustained.toFixed(1)}/s, ${done.dropped} dropped`,
    met: sustained >= 0.99 * RATE,
  };
  ffmpeg(["-i", video, "-vf", `fps=${RATE}`, "-q:v", "4", join(folder, "%04d.jpg")]);
  const frames = readdirSync(folder)
    .filter((name) => name.endsWith(".jpg"))
    .sort()
    .map((name) => readFileSync(join(folder, name)));
  const server = await serve(model, {});
  await stream(server.url, frames, 3, { ends: () => pause(200) });
  const ends = () => pause(500);
  const one = await stream(server.url, frames, seconds, { ends });
  const four = await Promise.all([0, 1, 2, 3].map(() => stream(server.url, frames, seconds, { ends })));
  await server.end();
  const all = four.flatMap(({ latencies }) => latencies);
  const [alone, together] = [one.latencies, all].map((values) => [0.5, 0.95].map((p) => share(values, p)));
  yield {
    goal: `/v1/live, ${RATE} JPEG/s of 640×360: from sent to answered at p95 (p50)`,
    asked: "< 60 ms",
    measured: `${ms(alone[1])} (${ms(alone[0])}), ${one.rate.toFixed(1)}/s`,
    met: alone[1] < 60,
  };
  yield {
    goal: "… four streams at once: p95, to one alone",
    asked: "< 3×",
    measured: `${(together[1] / alone[1]).toFixed(2)}× (${ms(together[1])}; p50 ${ms(together[0])}); ${four.map(({ rate }) => rate.toFixed(1)).join(", ")} frames/s`,
    met: together[1] < 3 * alone[1],
  };
}
