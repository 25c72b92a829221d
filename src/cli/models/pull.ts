import { ClipError } from "../../errors.js";
import { resolveModel } from "../../models/names.js";
import { pullModel } from "../../models/store.js";
import { retrySentence } from "../../models/tries.js";
import { bytes } from "../bytes.js";
import { showsProgress } from "../options.js";
import { complain, EXIT, print, warn } from "../output.js";
import { loadProgress } from "../progress.js";
import { type ModelsOptions, settings } from "./settings.js";

/** Downloads; a model that fails is told and the others go on. */
export async function pull(
  signal: AbortSignal,
  names: readonly string[],
  options: ModelsOptions,
): Promise<number> {
  const where = settings(options);
  let failed = 0;
  for (const name of names) {
    const bar = loadProgress(showsProgress(options));
    try {
      const model = await resolveModel(name, where);
      if (model.kind === "path" || model.kind === "starter") {
        throw new ClipError(
          "usage.pull",
          `Expected a name or Hugging Face id but ${name} is on this machine already.`,
        );
      }
      const stored = await pullModel(model, {
        ...where,
        signal,
        onRetry: (retry) => {
          bar.stop();
          if (!options.quiet) warn(retrySentence(retry));
        },
        onProgress: ({ file, received, total }) =>
          bar.report({ stage: "download", file, done: received, ...(total === undefined ? {} : { total }) }),
      });
      bar.stop();
      print(options.json ? JSON.stringify(stored) : `${stored.name}  ${bytes(stored.bytes)}  ${stored.path}`);
    } catch (error) {
      bar.stop();
      if (!(error instanceof ClipError) || error.code === "aborted") throw error;
      failed += 1;
      complain(error);
    }
  }
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}
