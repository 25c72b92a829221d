import type { Clip } from "../../clip.js";
import { asClipError, ClipError } from "../../errors.js";
import type { FailedImage } from "../../evaluate/collect.js";
import type { TemplateOptions } from "../labels.js";
import { fixed, signed } from "../numbers.js";
import { type ModelOptions, openModelOf, showsProgress } from "../options.js";
import { complain, errorJson, interruptedAfter, type ToldWarning } from "../output.js";
import type { StyleOptions } from "../points/options.js";
import { progress } from "../progress.js";
import type { ClassOptions } from "./names.js";

/** Options of `eval`. */
export interface EvalOptions extends ModelOptions, TemplateOptions, ClassOptions, StyleOptions {
  readonly split?: string;
  /** Words between commas, as those of the next five. */
  readonly views?: string;
  readonly viewMode?: string;
  readonly precision?: string;
  readonly prompts?: string;
  readonly resolutions?: string;
  readonly qualities?: string;
  readonly run?: string;
  readonly fresh?: boolean;
  readonly report?: string;
  readonly published?: string;
  readonly perClass?: boolean;
  /** Also levels by sums of probabilities. */
  readonly sum?: boolean;
  readonly captions?: string;
  readonly list?: string;
  readonly json?: boolean;
}

/** A share as a number of a table. */
export const percent = (share: number): string => (100 * share).toFixed(2);
export const range = ({ low, high }: { low: number; high: number }): string =>
  [low, high].map((share) => fixed(100 * share, 1)).join(low < 0 ? " to " : "–");
/** Pictures a second; what came from the cache of pictures has no speed. */
export const speed = (imagesPerSecond: number | null): string =>
  imagesPerSecond === null ? "cached" : imagesPerSecond.toFixed(1);
/** Points by which one share is above another. */
export const points = (difference: number): string => signed(100 * difference, 2);
/** A p-value: small ones by their size. */
export const probability = (p: number): string => (p < 0.001 ? "<0.001" : p.toFixed(3));
export const right = { align: "right" } as const;

/** Tells what could not be read. */
export function report(failed: readonly FailedImage[]): void {
  for (const { image, error } of failed) complain(error, image);
}

export const failedJson = (failed: readonly FailedImage[]): object =>
  failed.length > 0 ? { failed: failed.map(({ image, error }) => ({ image, error: errorJson(error) })) } : {};

/** Runs one measurement a model, one model in memory at a time; what was warned of is put into `warnings`. `lost`: models that could not be opened. */
export async function eachModel<T>(
  signal: AbortSignal,
  models: readonly string[],
  options: EvalOptions,
  warnings: ToldWarning[],
  measure: (clip: Clip, onProgress: (at: { done: number; total?: number }) => void) => Promise<T>,
): Promise<{ results: T[]; lost: number }> {
  const results: T[] = [];
  let lastFailure: ClipError | undefined;
  for (const name of models) {
    const own: ToldWarning[] = [];
    const opened = await openModelOf(name, options, signal, own).catch((error: unknown) =>
      asClipError(error, "usage.unexpected"),
    );
    if (opened instanceof ClipError) {
      // One model that is not here does not cost the others their figures; alone, or after Ctrl-C, it ends the command.
      if (opened.code === "aborted" || models.length === 1) throw opened;
      complain(opened, name);
      lastFailure = opened;
      continue;
    }
    await using clip = opened;
    const bar = progress(name, "pictures", showsProgress(options));
    let at: { done: number; total?: number } = { done: 0 };
    try {
      const result = await measure(clip, (now) => {
        at = now;
        bar.update(now.done, now.total, "");
      });
      results.push(result);
    } catch (error) {
      throw interruptedAfter(error, at.done, at.total ?? at.done);
    } finally {
      bar.stop();
      warnings.push(...own.map((warning) => ({ ...warning, model: name })));
    }
  }
  if (results.length === 0 && lastFailure) throw lastFailure;
  return { results, lost: models.length - results.length };
}
