import type { Clip } from "../../clip.js";
import { ClipError } from "../../errors.js";
import { Catalogue, type Failed } from "../../search/retail/catalogue.js";
import { productPhotos } from "../../search/retail/files.js";
import type { LabelledEvidence } from "../../search/retail/fit.js";
import type { Product } from "../../search/retail/product.js";
import { type ModelOptions, openModelOf, showsProgress } from "../options.js";
import { complain, EXIT, errorJson, type ToldWarning } from "../output.js";
import { progress } from "../progress.js";

export interface CatalogueOptions extends ModelOptions {
  readonly catalogue: string;
  readonly json?: boolean;
}

/** A product's name as a line shows it. */
export function nameOf({ names }: Product): string {
  return names.en ?? Object.values(names)[0]!;
}

/** A catalogue and the model that it is of. Raises `search.missing`, `search.model`. */
export async function openCatalogue(
  options: CatalogueOptions,
  signal: AbortSignal,
  { create = false, warnings = [] as ToldWarning[] } = {},
): Promise<{ clip: Clip; catalogue: Catalogue } & AsyncDisposable> {
  // A wrong folder is told of before a model is opened.
  if (!create) await Catalogue.open(options.catalogue);
  const clip = await openModelOf(options.model, options, signal, warnings);
  try {
    const catalogue = await Catalogue.open(options.catalogue, clip, { create });
    return { clip, catalogue, [Symbol.asyncDispose]: () => clip[Symbol.asyncDispose]() };
  } catch (error) {
    await clip[Symbol.asyncDispose]();
    throw error;
  }
}

export function complainFailed(failed: readonly Failed[]): number {
  for (const { id, picture, error } of failed)
    complain(error, picture === undefined ? id : `${id}: ${picture}`);
  return failed.length > 0 ? EXIT.someFailed : EXIT.done;
}

export function failedJson(failed: readonly Failed[]): object {
  return failed.length === 0
    ? {}
    : { failed: failed.map(({ error, ...one }) => ({ ...one, error: errorJson(error) })) };
}

/** Photos in folders of their products → what speaks for each product, and what could not be read. */
export async function labelledEvidence(
  clip: Clip,
  catalogue: Catalogue,
  folder: string,
  options: CatalogueOptions,
  signal: AbortSignal,
): Promise<{ photos: LabelledEvidence[]; failed: Failed[] }> {
  const list = await productPhotos(folder);
  const bar = progress("reading photos", "photos", showsProgress(options));
  const [photos, failed]: [LabelledEvidence[], Failed[]] = [[], []];
  let done = 0;
  try {
    for await (const { result } of clip.encodeImageStream(
      list.map(({ path }) => path),
      { signal },
    )) {
      const { product, path } = list[done++]!;
      if (result instanceof ClipError) failed.push({ id: product, picture: path, error: result });
      else photos.push({ product, evidence: catalogue.evidence(result) });
      bar.update(done, list.length, "");
    }
  } finally {
    bar.stop();
  }
  return { photos, failed };
}
