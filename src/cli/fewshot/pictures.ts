import type { Clip } from "../../clip.js";
import type { LabelledSet } from "../../evaluate/data/labelled-set.js";
import type { Adapter } from "../../fewshot/adapter.js";
import type { CollectedPictures, CollectedShots } from "../../fewshot/fewshot.js";
import { withFiles } from "../eval/files.js";
import { templatesOf } from "../labels.js";
import { showsProgress } from "../options.js";
import { complain, errorJson, print, say, type ToldWarning, warningsJson } from "../output.js";
import { progress } from "../progress.js";
import type { Options } from "./options.js";
import { adapterFacts, showAdapter } from "./show.js";

/** Pictures → vectors, with a bar. */
export async function collected(
  clip: Clip,
  set: LabelledSet,
  options: Options,
  signal: AbortSignal,
): Promise<CollectedShots> {
  const { collectShots } = await import("../../fewshot/fewshot.js");
  const bar = progress("reading", "pictures", showsProgress(options));
  const templates = templatesOf(options);
  const { shots, seed, views, batch } = options;
  const found = await collectShots(withFiles(clip, options), set, {
    signal,
    onProgress: ({ done, total }) => bar.update(done, total, ""),
    ...(templates === undefined ? {} : { templates }),
    ...(shots === undefined ? {} : { shots }),
    ...(seed === undefined ? {} : { seed }),
    ...(views === undefined ? {} : { views }),
    ...(batch === undefined ? {} : { batchSize: batch }),
  }).finally(() => bar.stop());
  for (const { image, error } of found.failed) complain(error, image);
  return found;
}

/** What a command prints of an adapter that it wrote. */
export function told(
  adapter: Adapter,
  file: string,
  options: Options,
  warnings: ToldWarning[],
  failed: CollectedShots["failed"],
): void {
  if (options.json) {
    const errors = failed.map(({ image, error }) => ({ image, error: errorJson(error) }));
    const facts = { ...adapterFacts(adapter), file, ...(errors.length > 0 ? { failed: errors } : {}) };
    print(JSON.stringify({ ...facts, ...warningsJson(warnings) }, null, 2));
    return;
  }
  print(showAdapter(adapter));
  if (!options.quiet) say(`kept in ${file}; use it: zeroclip classify … --adapter ${file}`);
}

/** Folders of pictures, or single ones, that are all of one label. */
export async function picturesAs(
  label: string,
  paths: readonly string[],
  signal: AbortSignal,
  endings?: readonly string[],
): Promise<LabelledSet> {
  const { expandInputs } = await import("../../image/sources.js");
  const pictures: LabelledSet["pictures"][number][] = [];
  for await (const name of expandInputs(paths, { signal, ...(endings ? { endings } : {}) }))
    pictures.push({ name, truth: 0, open: () => name });
  return {
    name: paths.join(", "),
    kind: "folder",
    classes: [{ id: label, label }],
    pictures,
    fingerprint: "",
  };
}

/** Pictures whose labels nobody knows → vectors, with a bar. */
export async function collectedWithout(
  clip: Clip,
  paths: readonly string[],
  options: Options,
  signal: AbortSignal,
): Promise<CollectedPictures & { readonly names: readonly string[] }> {
  const { collectPictures } = await import("../../fewshot/fewshot.js");
  const { pictures } = await picturesAs("", paths, signal);
  const bar = progress("reading", "pictures", showsProgress(options));
  const { views, batch } = options;
  const found = await collectPictures(clip, pictures, {
    signal,
    onProgress: ({ done, total }) => bar.update(done, total, ""),
    ...(views === undefined ? {} : { views }),
    ...(batch === undefined ? {} : { batchSize: batch }),
  }).finally(() => bar.stop());
  for (const { image, error } of found.failed) complain(error, image);
  return { ...found, names: found.positions.map((i) => pictures[i]!.name) };
}
