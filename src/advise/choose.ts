import { ClipError } from "../errors.js";
import { type BatchFigures, BUDGETS, type Budget, type Candidate, candidateName } from "./candidate.js";
import { duration, memory, percent, points, times } from "./words.js";

/** What an answer may cost. */
export interface Limits {
  /** Memory of the whole process. */
  readonly memoryBytes?: number;
  /** From a batch's first picture in to its vectors out, ms. */
  readonly latencyMs?: number;
  readonly picturesPerDay?: number;
  /** Only what is on this machine. */
  readonly offline?: boolean;
  /** Memory that this machine has. */
  readonly machineBytes: number;
}

/** A candidate at the batch that suits the limits best. */
export interface Choice {
  readonly candidate: Candidate;
  readonly at: BatchFigures;
}

/** Why a candidate is not the choice. */
export type LossKind =
  /** Over what the process, or the machine, may hold. */
  | "memory"
  | "latency"
  /** Too slow for the pictures of a day. */
  | "pace"
  /** It would have to be downloaded. */
  | "offline"
  /** It costs more than the budget stands for. */
  | "budget"
  /** No accuracy that can be compared, or no figures at all. */
  | "unknown"
  /** Slower, and not better. */
  | "dominated"
  /** Better, by too little for its time. */
  | "small-gain"
  | "less-accurate"
  /** As good, and not faster. */
  | "not-faster";

export interface Loss {
  readonly candidate: Candidate;
  readonly kind: LossKind;
  /** One clause: `needs 1.8 GB, over the limit of 1.0 GB`. */
  readonly reason: string;
}

/** Where nothing fits: what comes nearest, and what would let it in. */
export interface Nearest extends Choice {
  readonly raise: readonly {
    readonly limit: "memory" | "latency" | "pace" | "budget";
    /** Bytes, ms, pictures a day, or a budget. */
    readonly to: number | Budget;
    readonly words: string;
  }[];
}

export interface Decision {
  readonly budget: Budget;
  readonly choice?: Choice;
  /** One sentence. */
  readonly why: string;
  readonly losses: readonly Loss[];
  readonly nearest?: Nearest;
  /** Of each candidate of the table: no other is at least as good in accuracy, time and memory and better in one. */
  readonly onFront: readonly boolean[];
}

/** The answer of a budget when nothing else is known, and the variants that its cost is measured by. */
export const DEFAULT_VARIANT: Readonly<Record<Budget, string>> = {
  low: "RN50",
  medium: "ViT-B/32",
  high: "ViT-L/14",
};
const COSTS_OF: Readonly<Record<Budget, readonly string[]>> = {
  low: ["RN50"],
  medium: ["RN50", "RN101", "ViT-B/32"],
  high: ["RN50", "RN101", "ViT-B/32", "ViT-L/14"],
};

/** Measurements repeat to within this much; a budget is not missed by noise. */
const SLACK = 1.1;

/** An accuracy that is better by less is no reason for more time. */
export const SMALL_GAIN = 0.005;

/** A larger batch has to save this share of the time of a picture. */
const BATCH_GAIN = 0.03;

/** Share of the machine's memory that one process may hold: the system and other programs have the rest. */
export const MACHINE_SHARE = 0.8;

/** Share of a day that a machine may compute: pictures don't come evenly. An assumption. */
export const BUSY_SHARE = 0.7;
const MS_A_DAY = 86_400_000;

/** Slowest pace, ms a picture, at which a day's pictures are done in a day. */
const paceOf = (picturesPerDay: number): number => (BUSY_SHARE * MS_A_DAY) / picturesPerDay;

/** All that a choice is made of. */
interface Question {
  readonly candidates: readonly Candidate[];
  readonly budget: Budget;
  readonly limits: Limits;
}

interface Ceiling {
  readonly ms: number;
  readonly memoryBytes: number;
}

const isFigure = (value: number): boolean => Number.isFinite(value) && value > 0;

function checkLimits({ memoryBytes, latencyMs, picturesPerDay, machineBytes }: Limits): void {
  const named = { memory: memoryBytes, latency: latencyMs, "images a day": picturesPerDay, machineBytes };
  for (const [name, value] of Object.entries(named)) {
    if (value !== undefined && !isFigure(value))
      throw new ClipError(
        "advise.limits",
        `Expected a number above 0 as the limit of ${name} but received ${value}.`,
      );
  }
}

/** The batches with figures that are numbers. */
function usable(candidate: Candidate): readonly BatchFigures[] {
  return candidate.batches.filter(({ ms, memoryBytes }) => isFigure(ms.value) && isFigure(memoryBytes.value));
}

/** The batch of least time a picture; a larger one only where it saves something. */
export function bestBatch(batches: readonly BatchFigures[]): BatchFigures | undefined {
  let best: BatchFigures | undefined;
  for (const one of batches.toSorted((a, b) => a.batch - b.batch))
    if (!best || one.ms.value < best.ms.value * (1 - BATCH_GAIN)) best = one;
  return best;
}

/** Memory that a model takes whatever its batch: that of the smallest one. */
function leastMemory(batches: readonly BatchFigures[]): number {
  return Math.min(...batches.map(({ memoryBytes }) => memoryBytes.value));
}

/** What the variants that stand for a budget cost at most, the time at one batch; nothing where none is in the table. */
function ceilingOf(candidates: readonly Candidate[], budget: Budget, batch: number): Ceiling | undefined {
  const stand = candidates.filter(
    ({ variant, precision, views }) =>
      COSTS_OF[budget].includes(variant) && precision === "fp32" && views === "center",
  );
  const costs = stand.flatMap((candidate) => {
    const batches = usable(candidate);
    const at = batches.find((one) => one.batch === batch) ?? bestBatch(batches);
    return at ? [{ ms: at.ms.value, memoryBytes: leastMemory(batches) }] : [];
  });
  if (costs.length === 0) return undefined;
  return {
    ms: SLACK * Math.max(...costs.map(({ ms }) => ms)),
    memoryBytes: SLACK * Math.max(...costs.map(({ memoryBytes }) => memoryBytes)),
  };
}

/** One limit against one batch: how many times over it is, and the words for that. */
interface Excess {
  readonly kind: "memory" | "latency" | "pace" | "budget";
  readonly ratio: number;
  readonly reason: string;
}

function excessesOf(at: BatchFigures, least: number, { candidates, budget, limits }: Question): Excess[] {
  const ceiling = ceilingOf(candidates, budget, at.batch);
  const { ms, memoryBytes } = at;
  const { latencyMs, picturesPerDay, machineBytes } = limits;
  const excesses: Excess[] = [];
  const add = (kind: Excess["kind"], ratio: number, reason: string): void => {
    if (ratio > 1) excesses.push({ kind, ratio, reason });
  };
  const needs = `needs ${memory(memoryBytes.value)}`;
  if (limits.memoryBytes !== undefined)
    add(
      "memory",
      memoryBytes.value / limits.memoryBytes,
      `${needs}, over the limit of ${memory(limits.memoryBytes)}`,
    );
  const here = MACHINE_SHARE * machineBytes;
  add(
    "memory",
    memoryBytes.value / here,
    `${needs}, over ${percent(MACHINE_SHARE)} of this machine's ${memory(machineBytes)}`,
  );
  if (latencyMs !== undefined) {
    const run = at.batch * ms.value;
    add(
      "latency",
      run / latencyMs,
      `takes ${duration(run)} at batch ${at.batch}, over the limit of ${duration(latencyMs)}`,
    );
  }
  if (picturesPerDay !== undefined) {
    const pace = paceOf(picturesPerDay);
    add(
      "pace",
      ms.value / pace,
      `takes ${duration(ms.value)} a picture, and ${picturesPerDay.toLocaleString("en-US")} a day allow ${duration(pace)}`,
    );
  }
  if (ceiling) {
    const over = Math.max(ms.value / ceiling.ms, least / ceiling.memoryBytes);
    const what =
      ms.value > ceiling.ms
        ? `${duration(ms.value)} a picture where ${duration(ceiling.ms / SLACK)} are what that stands for`
        : `${memory(least)} where ${memory(ceiling.memoryBytes / SLACK)} are what that stands for`;
    add("budget", over, `over the budget "${budget}": ${what}`);
  }
  return excesses;
}

/** Candidates with an accuracy that may be compared: once one was measured on the person's own pictures, those alone. */
function comparable(candidates: readonly Candidate[]): (candidate: Candidate) => boolean {
  const measured = candidates.some(({ accuracy }) => accuracy?.origin === "measured");
  return ({ accuracy }) =>
    accuracy !== undefined &&
    accuracy.value >= 0 &&
    accuracy.value <= 1 &&
    (!measured || accuracy.origin === "measured");
}

interface Point {
  readonly accuracy: number;
  readonly ms: number;
  readonly memoryBytes: number;
}

const beats = (a: Point, b: Point): boolean =>
  a.accuracy >= b.accuracy &&
  a.ms <= b.ms &&
  a.memoryBytes <= b.memoryBytes &&
  (a.accuracy > b.accuracy || a.ms < b.ms || a.memoryBytes < b.memoryBytes);

function pointOf({ candidate, at }: Choice): Point {
  return { accuracy: candidate.accuracy!.value, ms: at.ms.value, memoryBytes: at.memoryBytes.value };
}

/**
 * A table of candidates → which to take. Limits come first; then what the budget stands for; of what is left the most
 * accurate, and of those within half a point of it the fastest. Where neither a limit is given nor an accuracy was
 * measured, the budget's own variant is the answer, unless another within the budget beats it in everything. Raises
 * `advise.limits`.
 */
export function choose(candidates: readonly Candidate[], budget: Budget, limits: Limits): Decision {
  checkLimits(limits);
  if (!BUDGETS.includes(budget)) {
    throw new ClipError(
      "advise.limits",
      `Expected ${BUDGETS.join(", ")} as the budget but received "${budget}".`,
    );
  }
  const question: Question = { candidates, budget, limits };
  const isComparable = comparable(candidates);
  const losses = new Map<Candidate, Loss>();
  const lose = (candidate: Candidate, kind: LossKind, reason: string): void => {
    losses.set(candidate, { candidate, kind, reason });
  };
  const fitting: Choice[] = [];
  for (const candidate of candidates) {
    const batches = usable(candidate);
    if (batches.length === 0) {
      lose(candidate, "unknown", "its time and memory are not known");
      continue;
    }
    if (limits.offline && candidate.state === "to download") {
      lose(candidate, "offline", "is not on this machine, and nothing may be downloaded");
      continue;
    }
    const least = leastMemory(batches);
    const at = bestBatch(batches.filter((one) => excessesOf(one, least, question).length === 0));
    if (at) fitting.push({ candidate, at });
    else {
      const { excesses } = leastOver(batches, question);
      lose(candidate, excesses[0]!.kind, excesses.map(({ reason }) => reason).join("; "));
    }
  }
  const front = frontOf(candidates, isComparable);
  const onFront = candidates.map((candidate) => front.has(candidate));
  const list = (): Loss[] => candidates.flatMap((candidate) => losses.get(candidate) ?? []);
  const picked = pick(fitting, isComparable, budget, isFree(limits, candidates));
  if (!picked) {
    const nearest = nearestOf(question);
    return { budget, why: nearestWords(nearest), losses: list(), ...(nearest ? { nearest } : {}), onFront };
  }
  for (const other of fitting) {
    if (other === picked.choice) continue;
    const [kind, reason] = lossTo(picked.choice, other, isComparable);
    lose(other.candidate, kind, reason);
  }
  return { budget, choice: picked.choice, why: picked.why, losses: list(), onFront };
}

/** True where nothing is known but the budget. */
function isFree(limits: Limits, candidates: readonly Candidate[]): boolean {
  const { memoryBytes, latencyMs, picturesPerDay } = limits;
  const limited = [memoryBytes, latencyMs, picturesPerDay].some((limit) => limit !== undefined);
  return !limited && !candidates.some(({ accuracy }) => accuracy?.origin === "measured");
}

function pick(
  fitting: readonly Choice[],
  isComparable: (candidate: Candidate) => boolean,
  budget: Budget,
  free: boolean,
): { choice: Choice; why: string } | undefined {
  const known = fitting.filter(({ candidate }) => isComparable(candidate));
  const fastest = (choices: readonly Choice[]): Choice =>
    choices.reduce((best, one) => (one.at.ms.value < best.at.ms.value ? one : best));
  if (known.length === 0) {
    if (fitting.length === 0) return undefined;
    const choice = fastest(fitting);
    return {
      choice,
      why: `${candidateName(choice.candidate)} is the fastest of what fits; how right it is on your pictures is not known (labelled pictures tell).`,
    };
  }
  const usual = known.find(
    ({ candidate: { variant, precision, views } }) =>
      variant === DEFAULT_VARIANT[budget] && precision === "fp32" && views === "center",
  );
  if (free && usual) {
    const better = known.filter((one) => beats(pointOf(one), pointOf(usual)));
    if (better.length === 0) {
      const name = candidateName(usual.candidate);
      return {
        choice: usual,
        why: `${name} is what a ${budget} budget stands for, and nothing within it beats it in everything.`,
      };
    }
    const choice = mostAccurate(better, fastest);
    return {
      choice,
      why: `${candidateName(choice.candidate)} beats ${usual.candidate.model}, which a ${budget} budget stands for, in accuracy, time and memory.`,
    };
  }
  const choice = mostAccurate(known, fastest);
  const { value, set, origin, interval, pictures } = choice.candidate.accuracy!;
  const range =
    interval && pictures !== undefined
      ? ` (95 % interval ${percent(interval.low)} to ${percent(interval.high)}, ${pictures} pictures)`
      : "";
  const only = known.length === 1 ? "the only one with a known accuracy" : "the most accurate";
  return {
    choice,
    why: `${candidateName(choice.candidate)} is ${only} of what fits a ${budget} budget and the limits: ${percent(value)} on ${set}, ${origin}${range}.`,
  };
}

/** Of those within a small gain of the best, the fastest. */
function mostAccurate(choices: readonly Choice[], fastest: (choices: readonly Choice[]) => Choice): Choice {
  const best = Math.max(...choices.map(({ candidate }) => candidate.accuracy!.value));
  return fastest(choices.filter(({ candidate }) => candidate.accuracy!.value >= best - SMALL_GAIN));
}

function lossTo(
  choice: Choice,
  other: Choice,
  isComparable: (candidate: Candidate) => boolean,
): [kind: LossKind, reason: string] {
  const { accuracy } = other.candidate;
  if (!isComparable(other.candidate)) {
    const reason =
      accuracy === undefined
        ? "its accuracy is not known"
        : `its accuracy is known on other pictures only (${percent(accuracy.value)} on ${accuracy.set}, ${accuracy.origin})`;
    return ["unknown", reason];
  }
  if (!isComparable(choice.candidate)) return ["unknown", "its accuracy can't be compared with the choice's"];
  const gain = accuracy!.value - choice.candidate.accuracy!.value;
  const ratio = other.at.ms.value / choice.at.ms.value;
  const time =
    ratio >= 1.05
      ? `${times(ratio)} the time`
      : ratio <= 0.95
        ? `${times(1 / ratio)} as fast`
        : "about the same time";
  if (gain < 0 && ratio > 1) return ["dominated", `slower (${time}) and ${points(gain)} less accurate`];
  if (gain < 0) return ["less-accurate", `${time}, but ${points(gain)} less accurate`];
  if (gain === 0) return ["not-faster", `as accurate, ${time}`];
  if (gain <= SMALL_GAIN) return ["small-gain", `${points(gain)} better only, for ${time}`];
  return ["not-faster", `${points(gain)} better, for ${time} and ${memory(other.at.memoryBytes.value)}`];
}

/** Candidates that no other beats, each at its best batch; those without a comparable accuracy are not on it. */
function frontOf(
  candidates: readonly Candidate[],
  isComparable: (candidate: Candidate) => boolean,
): Set<Candidate> {
  const points = candidates.flatMap((candidate) => {
    const at = bestBatch(usable(candidate));
    return at && isComparable(candidate) ? [{ candidate, point: pointOf({ candidate, at }) }] : [];
  });
  return new Set(
    points
      .filter(({ point }) => !points.some((other) => beats(other.point, point)))
      .map(({ candidate }) => candidate),
  );
}

/** The batch whose worst excess is least. */
function leastOver(
  batches: readonly BatchFigures[],
  question: Question,
): { at: BatchFigures; excesses: Excess[]; worst: number } {
  const least = leastMemory(batches);
  const tried = batches.map((at) => {
    const excesses = excessesOf(at, least, question).sort((a, b) => b.ratio - a.ratio);
    return { at, excesses, worst: excesses[0]?.ratio ?? 1 };
  });
  return tried.reduce((best, one) => (one.worst < best.worst ? one : best));
}

function nearestOf(question: Question): Nearest | undefined {
  const { candidates, limits } = question;
  const tried = candidates
    .filter(({ state }) => !limits.offline || state === "here")
    .flatMap((candidate) => {
      const batches = usable(candidate);
      return batches.length > 0 ? [{ candidate, ...leastOver(batches, question) }] : [];
    });
  const [first] = tried;
  if (!first) return undefined;
  const { candidate, at, excesses } = tried.reduce(
    (best, one) => (one.worst < best.worst ? one : best),
    first,
  );
  const kinds = [...new Set(excesses.map(({ kind }) => kind))];
  return {
    candidate,
    at,
    raise: kinds.map((kind) => raised(kind, at, leastMemory(usable(candidate)), question)),
  };
}

function raised(
  limit: Excess["kind"],
  at: BatchFigures,
  least: number,
  { candidates, limits, budget }: Question,
): Nearest["raise"][number] {
  if (limit === "memory") {
    const machine = at.memoryBytes.value > MACHINE_SHARE * limits.machineBytes;
    const words = machine
      ? `take a machine with ${memory(at.memoryBytes.value / MACHINE_SHARE)} of memory`
      : `raise the memory to ${memory(at.memoryBytes.value)}`;
    return { limit, to: at.memoryBytes.value, words };
  }
  if (limit === "latency") {
    // Rounded up, so that the limit that is named lets it in.
    const to = Math.ceil(at.batch * at.ms.value);
    return { limit, to, words: `raise the latency to ${to} ms` };
  }
  if (limit === "pace") {
    const to = Math.floor(paceOf(at.ms.value));
    return { limit, to, words: `ask for ${to.toLocaleString("en-US")} images a day` };
  }
  const enough = BUDGETS.slice(BUDGETS.indexOf(budget)).find((one) => {
    const ceiling = ceilingOf(candidates, one, at.batch);
    return !ceiling || (at.ms.value <= ceiling.ms && least <= ceiling.memoryBytes);
  });
  const to = enough ?? "high";
  return { limit, to, words: enough ? `raise the budget to ${to}` : "name the model yourself" };
}

function nearestWords(nearest: Nearest | undefined): string {
  if (!nearest) return "There is nothing to choose from.";
  const { candidate, at, raise } = nearest;
  const what = `${candidateName(candidate)} at batch ${at.batch}, with ${duration(at.ms.value)} a picture and ${memory(at.memoryBytes.value)}`;
  return `Nothing fits; the nearest is ${what}: ${raise.map(({ words }) => words).join(", and ")}.`;
}
