// Which model: answered soon on a fresh machine, right by its own table, and what companies get for their figures.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUSY_SHARE, choose, MACHINE_SHARE, SMALL_GAIN } from "../../dist/advise/choose.js";
import { zeroclip } from "./zeroshot-command.mjs";

const SECONDS = 30;
const GB = 1e9;
const COMPANIES = "examples/companies";

/** What is measured, when the pictures are a person's own. */
const figures = (ms, memoryBytes) =>
  [1, 8, 32].map((batch, i) => ({
    batch,
    ms: { value: Array.isArray(ms) ? ms[i] : ms, origin: "measured" },
    memoryBytes: { value: memoryBytes * (1 + 0.1 * i), origin: "measured" },
  }));
const candidate = (model, accuracy, ms, memoryBytes) => ({
  model,
  variant: model,
  precision: "fp32",
  views: "center",
  state: "here",
  accuracy: { value: accuracy, origin: "measured", set: "mine", pictures: 400 },
  batches: figures(ms, memoryBytes),
});

/** Slow and good to fast and poor. */
const TABLE = [
  candidate("RN50", 0.6, [70, 65, 64], 0.5 * GB),
  candidate("ViT-B/32", 0.68, [50, 40, 38], 0.7 * GB),
  candidate("ViT-L/14", 0.78, [700, 690, 680], 1.8 * GB),
  candidate("ViT-L/14@336px", 0.783, [1700, 1650, 1640], 2 * GB),
];
/** Three constructed cases: limits, and what a person reads off the table. */
const CASES = [
  {
    limits: { machineBytes: 16 * GB },
    words: "no limit: L/14, as 336px gains 0.3 points only",
    right: { model: "ViT-L/14", batch: 1 },
  },
  {
    limits: { machineBytes: 16 * GB, latencyMs: 60 },
    words: "60 ms: B/32, one picture at a time",
    right: { model: "ViT-B/32", batch: 1 },
  },
  {
    limits: { machineBytes: 16 * GB, memoryBytes: 0.6 * GB, picturesPerDay: 900_000 },
    words: "600 MB and 900,000 a day: RN50 in eights",
    right: { model: "RN50", batch: 8 },
  },
];

/** The rule of docs/choose-a-model.md once more, written anew: what fits the limits, the best of it but for half a point, the fastest of that. */
function byTheTable(table, { machineBytes, memoryBytes = Infinity, latencyMs = Infinity, picturesPerDay }) {
  const pace = picturesPerDay ? (BUSY_SHARE * 86_400_000) / picturesPerDay : Infinity;
  const rows = table.flatMap(({ model, accuracy, batches }) =>
    batches.map(({ batch, ms, memoryBytes: own }) => ({
      ...{ model, batch, ms: ms.value, accuracy: accuracy?.value ?? 0 },
      fits:
        own.value <= Math.min(memoryBytes, MACHINE_SHARE * machineBytes) &&
        batch * ms.value <= latencyMs &&
        ms.value <= pace,
    })),
  );
  const fitting = rows.filter(({ fits }) => fits);
  const best = Math.max(...fitting.map(({ accuracy }) => accuracy));
  const good = fitting.filter(({ accuracy }) => accuracy >= best - SMALL_GAIN);
  return { fitting, models: new Set(good.map(({ model }) => model)) };
}

async function* fresh(home) {
  const { stdout, seconds } = await zeroclip(["advise", "--json", "--budget", "high"], { home });
  const { choice, why, candidates } = JSON.parse(stdout);
  yield {
    goal: "advise on a fresh machine",
    asked: `an answer in < ${SECONDS} s`,
    measured: `${seconds.toFixed(1)} s: ${choice.model}, batch ${choice.batch}, of ${candidates.length}`,
    met: seconds < SECONDS && why.length > 0,
  };
}

function* cases() {
  for (const { limits, words, right } of CASES) {
    const { choice } = choose(TABLE, "high", limits);
    const found = choice && { model: choice.candidate.model, batch: choice.at.batch };
    const { fitting, models } = byTheTable(TABLE, limits);
    const fits = fitting.some(({ model, batch }) => model === found?.model && batch === found?.batch);
    yield {
      goal: `advise, constructed: ${words}`,
      asked: `${right.model}, batch ${right.batch}`,
      measured: found ? `${found.model}, batch ${found.batch}` : "nothing",
      met: fits && models.has(found.model) && found.model === right.model && found.batch === right.batch,
    };
  }
}

const WAYS = 3;

async function* companies(home) {
  for (const name of readdirSync(COMPANIES).filter((file) => file.endsWith(".yaml"))) {
    const file = join(COMPANIES, name);
    const { stdout: words } = await zeroclip(["advise", "cost", file], { home });
    const { stdout } = await zeroclip(["advise", "cost", file, "--json"], { home });
    const { ways, sensitivity, figures: given } = JSON.parse(stdout);
    const parts = {
      ways: ways.length === WAYS,
      "break-even": /^Break-even:$/m.test(words),
      sensitivity: sensitivity.length > 0 && sensitivity[0].swing > 0,
      assumptions: Object.values(given).some(({ assumption }) => assumption),
      numbers: !/NaN|undefined|Infinity/.test(words),
    };
    const missing = Object.keys(parts).filter((part) => !parts[part]);
    yield {
      goal: `advise cost ${name}`,
      asked: "a complete answer",
      measured: missing.length === 0 ? words.split("\n", 1)[0] : `without ${missing.join(", ")}`,
      met: missing.length === 0,
    };
  }
}

export async function* advise() {
  const home = mkdtempSync(join(tmpdir(), "zeroclip-fresh-"));
  try {
    yield* fresh(home);
    yield* cases();
    yield* companies(home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
