import type { Clip } from "../../clip.js";
import { asClipError, ClipError } from "../../errors.js";
import type { FailedImage } from "../../evaluate/collect.js";
import type { TemplateOptions } from "../labels.js";
import { type ModelOptions, openModelOf, showsProgress } from "../options.js";
import { complain, errorJson, interruptedAfter, type ToldWarning } from "../output.js";
import { progress } from "../progress.js";

/** Options of `eval`. */
export interface EvalOptions extends ModelOptions, TemplateOptions {
  readonly labelSet?: string;
  readonly allLabels?: boolean;
  readonly names?: string;
  readonly split?: string;
  /** Words between commas, as those of the next four. */
  readonly views?: string;
  readonly precision?: string;
  readonly prompts?: string;
  readonly resolutions?: string;
  readonly qualities?: string;
  readonly run?: string;
  readonly fresh?: boolean;
  readonly report?: string;
  readonly published?: string;
  readonly perClass?: boolean;
  readonly captions?: string;
  readonly list?: string;
  readonly json?: boolean;
}

/** A share as a number of a table. */
export const percent = (share: number): string => (100 * share).toFixed(2);
export const right = { align: "right" } as const;

/** Tells what could not be read. */
export function report(failed: readonly FailedImage[]): void {
  for (const { image, error } of failed) complain(error, image);
}

export const failedJson = (failed: readonly FailedImage[]): object =>
  failed.length > 0 ? { failed: failed.map(({ image, error }) => ({ image, error: errorJson(error) })) } : {};

/** The models of `--model A,B`. */
export function modelNames({ model }: EvalOptions): string[] {
  return model.split(",").map((part) => part.trim());
}

/** Runs one measurement a model, one model in memory at a time; what was warned of is put into `warnings`. */
export async function eachModel<T>(
  signal: AbortSignal,
  options: EvalOptions,
  warnings: ToldWarning[],
  measure: (clip: Clip, onProgress: (at: { done: number; total?: number }) => void) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let lastFailure: ClipError | undefined;
  for (const name of modelNames(options)) {
    const own: ToldWarning[] = [];
    const opened = await openModelOf(name, options, signal, own).catch((error: unknown) =>
      asClipError(error, "usage.unexpected"),
    );
    if (opened instanceof ClipError) {
      // One model that is not here does not cost the others their figures; alone, or after Ctrl-C, it ends the command.
      if (opened.code === "aborted" || modelNames(options).length === 1) throw opened;
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
  return results;
}
