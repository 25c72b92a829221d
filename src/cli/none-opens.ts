import { asClipError, type ClipError } from "../errors.js";
import type { ModelOptions } from "./options.js";
import { complain, exitCodeOf } from "./output.js";

/**
 * Looks whether one of these models can be opened, before anything is measured: several cost the others nothing. Where none can it
 * tells why, each by its name → the exit code. Raises `aborted`.
 */
export async function noneOpens(
  signal: AbortSignal,
  names: readonly string[],
  { home, offline }: Pick<ModelOptions, "home" | "offline">,
): Promise<number | undefined> {
  const { locateTowers } = await import("../clip.js");
  const load = { signal, ...(home === undefined ? {} : { home }), ...(offline ? { offline } : {}) };
  const failed: (readonly [name: string, error: ClipError])[] = [];
  for (const name of names) {
    const error = await locateTowers(name, load).then(
      () => undefined,
      (thrown: unknown) => asClipError(thrown, "usage.unexpected"),
    );
    if (error === undefined) return undefined;
    if (error.code === "aborted") throw error;
    failed.push([name, error]);
  }
  for (const [name, error] of failed) complain(error, failed.length > 1 ? name : undefined);
  return Math.max(...failed.map(([, error]) => exitCodeOf(error)));
}
