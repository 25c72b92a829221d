import { cpus } from "node:os";
import { setTimeout as wait } from "node:timers/promises";

/** Above this share of all cores other programs make runs slower than the machine is. */
const BUSY = 0.15;

/** How often a figure of a busy machine is measured before it is taken as it is: some machines are always busy. */
export const MOST_TRIES = 3;

/** How long is looked, ms: some dozen of the system's ticks of 10 ms. */
const LOOK_MS = 200;

/** How often, and beside how much of other work, something was measured. */
export interface Circumstances {
  /** Share of all cores that other programs used, 0..1; only where that was much. */
  readonly others?: number;
  readonly tries?: number;
}

/** Milliseconds that the cores worked, and that passed on them. */
function times(): { worked: number; passed: number } {
  let [worked, passed] = [0, 0];
  for (const { times: own } of cpus()) {
    const busy = own.user + own.nice + own.sys + own.irq;
    worked += busy;
    passed += busy + own.idle;
  }
  return { worked, passed };
}

/** Share of all cores that other programs use, 0..1, while this process waits for a moment. */
export async function othersShare(): Promise<number> {
  const [before, own] = [times(), process.cpuUsage()];
  await wait(LOOK_MS);
  const [after, { user, system }] = [times(), process.cpuUsage(own)];
  const passed = after.passed - before.passed;
  if (passed <= 0) return 0;
  return Math.min(1, Math.max(0, (after.worked - before.worked - (user + system) / 1000) / passed));
}

/** What is kept of it: nothing where it is little. */
export function isBusy(others: number): Circumstances {
  return others > BUSY ? { others } : {};
}

/** What is to be kept: of a quiet machine the newer figures, of a busy one the best of all. */
export function better<T extends Circumstances>(
  before: T | undefined,
  now: T,
  best: (before: T, now: T) => Omit<T, keyof Circumstances>,
): T {
  if (now.others === undefined) return now;
  const tries = (before?.tries ?? 0) + 1;
  return { ...now, ...(before ? best(before, now) : {}), tries };
}
