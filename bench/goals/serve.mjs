// `npm run goals -- serve [--quick] [--only live,throughput,overload] [--model M]`: live video (serve-live.mjs), what micro-batching
// brings, and twenty thousand requests of far too many clients. The model is ViT-B/32's shape with seeded weights in int8
// (ZEROCLIP_SHAPES, as the speed goals make it) unless --model names another; clients run on the same machine.
import { setTimeout as pause } from "node:timers/promises";
import autocannon from "autocannon";
import sharp from "sharp";
import { locateTowers } from "../../dist/clip.js";
import { readEnvironment } from "../../dist/environment.js";
import { partsAsked } from "./parts.mjs";
import { measureLive } from "./serve-live.mjs";
import { served } from "./served.mjs";

const PHOTO = "test/fixtures/pictures/cat.jpg";
const LABELS = "cat,dog,rocket,cup of coffee,astronaut";

/** Starts `zeroclip serve`, resolves when it is warm. */
function serve(model, settings) {
  const variables = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      `ZEROCLIP_SERVE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
      String(value),
    ]),
  );
  return served(["--model", model], variables);
}

/** Requests from so many connections for so long → autocannon's figures, and the time below which 95 of 100 answers came, ms. */
async function load(url, body, connections, seconds, more = {}) {
  const times = [];
  const running = autocannon({
    url: `${url}/v1/classify?labels=${encodeURIComponent(LABELS)}`,
    method: "POST",
    headers: { "content-type": "image/jpeg" },
    body,
    connections,
    ...(seconds === undefined ? {} : { duration: seconds }),
    timeout: 60,
    ...more,
  });
  running.on("response", (_, status, __, ms) => {
    if (status === 200) times.push(ms);
  });
  const result = await running;
  times.sort((a, b) => a - b);
  return { ...result, p95: times[Math.ceil(0.95 * times.length) - 1] };
}

const rate = (result) => result["2xx"] / result.duration;
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Saturated is a server by the fewest of these clients who bring nearly what many do. */
const FEWEST = [1, 2, 3, 4, 6, 8];
const SATURATED = 0.95;

/** Of 16 clients that ask without a pause, one picture a run beside many a run. */
async function* throughput({ model, body, quick }) {
  const seconds = quick ? 4 : 15;
  const rounds = quick ? 1 : 3;
  const single = [];
  const ratios = [];
  const p95 = [];
  const saturating = [];
  for (let round = 0; round < rounds; round++) {
    const one = await serve(model, { maxBatch: 1, maxQueueMs: 60_000 });
    await load(one.url, body, 1, 2);
    const alone = await load(one.url, body, 1, seconds / 2);
    const unbatched = await load(one.url, body, 16, seconds);
    await one.end();
    const many = await serve(model, { maxQueueMs: 60_000 });
    await load(many.url, body, 16, 2);
    const batched = await load(many.url, body, 16, seconds);
    // Enough to keep the machine busy, and no more: what waits in a closed circle is the number of those who ask.
    let few;
    let clients = 0;
    for (clients of FEWEST) {
      few = await load(many.url, body, clients, seconds);
      if (rate(few) >= SATURATED * rate(batched)) break;
    }
    await many.end();
    console.error(
      `alone ${rate(alone).toFixed(1)}/s (${alone.latency.p50} ms), 16 unbatched ${rate(unbatched).toFixed(1)}/s, 16 batched ${rate(batched).toFixed(1)}/s (p95 ${batched.p95.toFixed(1)} ms), ${clients} batched ${rate(few).toFixed(1)}/s (p50 ${few.latency.p50} ms, p95 ${few.p95.toFixed(1)} ms)`,
    );
    single.push(alone.latency.p50);
    ratios.push(rate(batched) / rate(unbatched));
    p95.push(few.p95 / alone.latency.p50);
    saturating.push(clients);
  }
  yield {
    goal: "throughput at saturation, to batch 1",
    asked: "1.8×",
    measured: `${median(ratios).toFixed(2)}× (16 clients)`,
    met: median(ratios) >= 1.8,
  };
  yield {
    goal: "p95 at saturation, to one alone",
    asked: "< 3×",
    measured: `${median(p95).toFixed(2)}× of ${median(single)} ms (${median(saturating)} clients)`,
    met: median(p95) < 3,
  };
}

/** Requests between two looks at the memory, and the most that come before it is called steady. */
const LOOK = 2_000;
const MOST_LOOKS = 20;

/** Asks until the process has stopped growing → its resident memory, MB: buffers and heaps grow to what a load needs. */
async function steady({ url, resident }, body) {
  let before = resident();
  for (let look = 1; look <= MOST_LOOKS; look++) {
    await load(url, body, 160, undefined, { amount: LOOK });
    const now = resident();
    console.error(`${(look * LOOK).toLocaleString("en")} requests: ${now.toFixed(0)} MB`);
    if (now <= 1.01 * before) return now;
    before = now;
  }
  return before;
}

/** Ten times more than it can answer: what it says, what it holds, and how soon it is as before. */
async function* overload({ model, body, quick }) {
  const server = await serve(model, { maxQueueMs: 500 });
  await load(server.url, body, 1, 2);
  const normal = await load(server.url, body, 1, 3);
  const total = quick ? 2_000 : 20_000;
  const before = await steady(server, body);
  const over = await load(server.url, body, 160, undefined, { amount: total });
  const after = server.resident();
  const others = over.non2xx - (over.statusCodeStats?.["429"]?.count ?? 0);
  const strange = others + over.errors + over.timeouts;
  yield {
    goal: `${total.toLocaleString("en")} requests of 160 clients: neither 200 nor 429`,
    asked: "0",
    measured: `${strange} (${over["2xx"]} answered, ${over.non2xx} refused)`,
    met: strange === 0,
  };
  yield {
    goal: "… memory after, to before",
    asked: "< 10 %",
    measured: `${((100 * (after - before)) / before).toFixed(1)} % of ${before.toFixed(0)} MB`,
    met: after < 1.1 * before,
  };
  await pause(2000);
  const calm = await load(server.url, body, 1, 3);
  const slower = calm.latency.p50 / normal.latency.p50;
  yield {
    goal: "… two seconds later, one alone, to before",
    asked: "1.2×, none refused",
    measured: `${slower.toFixed(2)}×, ${calm.non2xx} refused`,
    met: slower <= 1.2 && calm.non2xx === 0,
  };
  await server.end();
}

const PARTS = {
  live: ({ model, quick }) => measureLive(model, quick, serve),
  throughput,
  overload,
};

export async function* measure(args) {
  const after = (flag) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
  const names = partsAsked(PARTS, args);
  const body = await sharp(PHOTO).resize(224, 224, { fit: "cover" }).jpeg({ quality: 90 }).toBuffer();
  const model = after("--model") ?? `${process.env.ZEROCLIP_SHAPES ?? "shapes"}/ViT-B-32/model.pt@int8`;
  await locateTowers(model, { home: readEnvironment().home, offline: true }).catch((error) => {
    throw new Error(
      `${error.message} goals -- speed makes it: ZEROCLIP_SHAPES is its bench/peers/weights, ZEROCLIP_HOME its bench/goals.`,
    );
  });
  const given = { model, body, quick: args.includes("--quick") };
  for (const name of names) yield* PARTS[name](given);
}
