import { readFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { type Feed, openSession, type Session, type SessionOptions } from "../runtime/session.js";
import { writeFileAtomic } from "./atomic.js";
import type { ImageTower, OpenedModel } from "./manifest.js";

/** Answers remembered; the oldest go first. */
const MOST_REMEMBERED = 200;

/** Pictures a run: what an interactive program sends, and enough that both kernels fill their tiles. */
const BATCH = 2;

/** Rounds of one run each; no more are begun once the time is spent and each had two. */
const ROUNDS = 7;
const FEWEST_ROUNDS = 2;
const LONGEST_MS = 3_000;

/** Answers by machine and models. */
type Remembered = Readonly<Record<string, number>>;

/**
 * Which of several forms of one model computes pictures fastest on this machine: its position. Measured once (a second or
 * two, interleaved), then remembered in `faster.json` in the folder.
 */
export async function fasterOf(
  forms: readonly OpenedModel[],
  folder: string,
  session: SessionOptions = {},
): Promise<number> {
  const path = join(folder, "faster.json");
  const revisions = forms.map(({ manifest }) => manifest.revision.slice(0, 32)).join(" ");
  const key = `${revisions} ${session.device ?? "auto"} ${session.threads ?? 0} ${machine()}`;
  const known = await readAnswers(path);
  const answer = known[key];
  if (answer !== undefined && forms[answer]) return answer;
  const found = await measure(forms, session);
  const kept = Object.entries({ ...known, [key]: found }).slice(-MOST_REMEMBERED);
  // A folder that can't be written to costs time at the next opening, and nothing else.
  await writeFileAtomic(path, JSON.stringify(Object.fromEntries(kept), undefined, 1)).catch(() => undefined);
  return found;
}

/** What decides which kernels run. */
function machine(): string {
  return `${process.arch} ${cpus()[0]?.model ?? ""} × ${availableParallelism()}`;
}

/** Absent or damaged answers are none: they only save time. */
async function readAnswers(path: string): Promise<Remembered> {
  try {
    const json: unknown = JSON.parse(await readFile(path, "utf8"));
    const entries = typeof json === "object" && json !== null ? Object.entries(json) : [];
    return Object.fromEntries(entries.filter(([, value]) => Number.isInteger(value)));
  } catch {
    return {};
  }
}

async function measure(forms: readonly OpenedModel[], options: SessionOptions): Promise<number> {
  const towers: { session: Session; run: () => Promise<unknown>; times: number[] }[] = [];
  try {
    for (const { folder, manifest } of forms) {
      const session = await openSession(join(folder, manifest.image.file), options);
      const feeds = { [manifest.image.input]: pattern(manifest.image) };
      const run = (): Promise<unknown> => session.run(feeds, manifest.image.output);
      towers.push({ session, run, times: [] });
      await run();
    }
    const began = performance.now();
    for (let round = 0; round < ROUNDS; round++) {
      if (round >= FEWEST_ROUNDS && performance.now() - began > LONGEST_MS) break;
      for (const tower of towers) {
        const start = performance.now();
        await tower.run();
        tower.times.push(performance.now() - start);
      }
    }
  } finally {
    for (const { session } of towers) await session[Symbol.asyncDispose]();
  }
  const medians = towers.map(({ times }) => times.sort((a, b) => a - b)[times.length >> 1]!);
  return medians.indexOf(Math.min(...medians));
}

/** Pictures of stripes: how long a run takes does not hang on what is in them. */
function pattern({ pixels, preprocessing: { size } }: ImageTower): Feed {
  const length = BATCH * size * size * 3;
  if (pixels.layout === "u8-nhwc") {
    return { type: "uint8", data: new Uint8Array(length).map((_, i) => i), dims: [BATCH, size, size, 3] };
  }
  const data = new Float32Array(length).map((_, i) => (i % 256) / 128 - 1);
  return { type: "float32", data, dims: [BATCH, 3, size, size] };
}
