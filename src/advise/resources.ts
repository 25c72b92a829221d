import type { BatchFigures, Candidate } from "./candidate.js";
import { bestBatch, MACHINE_SHARE } from "./choose.js";

/** Where a variant is at home. */
export type Environment = "edge" | "small server" | "large server or cloud";

/** What an article measured on a GPU that it does not name; ours is a processor. */
export interface ArticleFigures {
  readonly memoryBytes: number;
  readonly ms: number;
}

/** The article that this project started from, on its unnamed GPU. */
const ARTICLE: Readonly<Record<string, ArticleFigures>> = {
  RN50: { memoryBytes: 3.8e9, ms: 12 },
  "ViT-B/32": { memoryBytes: 4.2e9, ms: 16 },
  "ViT-L/14@336px": { memoryBytes: 9.7e9, ms: 58 },
};

/** What one form of a model takes here. */
export interface Resources {
  readonly candidate: Candidate;
  /** The batch beyond which a larger one saves nothing, or does not fit. */
  readonly batch?: number;
  readonly environment?: Environment;
  readonly article?: ArticleFigures;
}

/** Bounds of the environments: memory, and ms of one picture at batch 1 on this machine. An assumption (docs/choose-a-model.md). */
const EDGE = { memoryBytes: 750e6, ms: 250 } as const;
const SMALL_SERVER = { memoryBytes: 3e9, ms: 2_000 } as const;

/** A run of one batch takes no longer than this, ms: others wait for it. */
const LONGEST_RUN_MS = 10_000;

export function environmentOf({ ms, memoryBytes }: BatchFigures): Environment {
  const within = (bounds: typeof EDGE | typeof SMALL_SERVER): boolean =>
    memoryBytes.value <= bounds.memoryBytes && ms.value <= bounds.ms;
  if (within(EDGE)) return "edge";
  return within(SMALL_SERVER) ? "small server" : "large server or cloud";
}

/** One row a form, with plain views. */
export function resourcesOf(candidates: readonly Candidate[], machineBytes: number): Resources[] {
  return candidates
    .filter(({ views }) => views === "center")
    .map((candidate) => {
      const { batches, variant, precision } = candidate;
      const sensible = batches.filter(
        ({ batch, ms, memoryBytes }) =>
          memoryBytes.value <= MACHINE_SHARE * machineBytes &&
          (batch === 1 || batch * ms.value <= LONGEST_RUN_MS),
      );
      const batch = bestBatch(sensible)?.batch;
      const [first] = batches;
      const article = precision === "fp32" ? ARTICLE[variant] : undefined;
      return {
        candidate,
        ...(batch === undefined ? {} : { batch }),
        ...(first ? { environment: environmentOf(first) } : {}),
        ...(article ? { article } : {}),
      };
    });
}
