import { readFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { writeFileAtomic } from "../models/atomic.js";
import { MOST_BATCH } from "./batch-size.js";

/** Answers remembered; the oldest go first. */
const MOST_REMEMBERED = 200;

/** Longest file that is read: 200 answers take 40 KB. */
const MOST_CHARS = 1_000_000;

/** All that a measured batch size hangs on, beside the machine. */
export interface BatchFacts {
  readonly revision: string;
  readonly precision: string;
  readonly device: string;
  readonly threads: number | undefined;
  readonly mostBytes: number;
}

/** What was measured before for this model on this machine, else what `measure` finds; kept in `batch-sizes.json` of the home. */
export async function rememberedBatch(
  home: string,
  facts: BatchFacts,
  measure: () => Promise<number>,
): Promise<number> {
  const path = join(home, "batch-sizes.json");
  const key = keyOf(facts);
  const known = (await readSizes(path))[key];
  if (known !== undefined) return known;
  const found = await measure();
  // Read anew: another process may have added its own meanwhile.
  const { [key]: _, ...others } = await readSizes(path);
  const kept = Object.entries({ ...others, [key]: found }).slice(-MOST_REMEMBERED);
  // A folder that can't be written to costs a second the next time, and nothing else.
  await writeFileAtomic(path, `${JSON.stringify(Object.fromEntries(kept), undefined, 1)}\n`).catch(
    () => undefined,
  );
  return found;
}

function keyOf({ revision, precision, device, threads, mostBytes }: BatchFacts): string {
  const machine = `${process.arch} ${cpus()[0]?.model.trim() ?? ""} × ${availableParallelism()}`;
  return `${revision} ${precision} ${device} ${threads ?? "auto"} threads ${mostBytes} bytes ${machine}`;
}

/** Absent and damaged answers are none: they are measured again. */
async function readSizes(path: string): Promise<Readonly<Record<string, number>>> {
  try {
    const text = await readFile(path, "utf8");
    const json: unknown = text.length > MOST_CHARS ? {} : JSON.parse(text);
    if (typeof json !== "object" || json === null || Array.isArray(json)) return {};
    return Object.fromEntries(
      Object.entries(json).filter(([, size]) => Number.isInteger(size) && size >= 1 && size <= MOST_BATCH),
    );
  } catch {
    return {};
  }
}
