import { ClipError } from "../../errors.js";
import { Catalogue, type Failed } from "../../search/retail/catalogue.js";
import { checkProduct, type Product } from "../../search/retail/product.js";
import { readProducts } from "../../search/retail/read-products.js";
import { counted } from "../numbers.js";
import { showsProgress } from "../options.js";
import { complain, EXIT, errorJson, print, say } from "../output.js";
import { progress } from "../progress.js";
import { type CatalogueOptions, complainFailed, failedJson, openCatalogue } from "./shared.js";

/** Products that are put in together: a call that is interrupted has kept those before. */
const AT_ONCE = 256;

export async function importFile(
  signal: AbortSignal,
  file: string,
  options: CatalogueOptions,
): Promise<number> {
  const products: Product[] = [];
  const wrong: { line: number; error: ClipError }[] = [];
  for await (const { line, result } of readProducts(file)) {
    if (result instanceof ClipError) wrong.push({ line, error: result });
    else products.push(result);
  }
  await using opened = await openCatalogue(options, signal, { create: true });
  const { clip, catalogue } = opened;
  const bar = progress("importing", "products", showsProgress(options));
  const failed: Failed[] = [];
  try {
    for (let from = 0; from < products.length; from += AT_ONCE) {
      if (signal.aborted)
        throw new ClipError("aborted", `Stopped after ${from} of ${products.length} products; those are in.`);
      const part = products.slice(from, from + AT_ONCE);
      failed.push(
        ...(await catalogue.put(clip, part, (done) => bar.update(from + done, products.length, ""))),
      );
    }
  } finally {
    bar.stop();
  }
  const lost = failed.filter(({ picture }) => picture === undefined).length;
  const put = products.length - lost;
  if (options.json) {
    const lines = wrong.map(({ line, error }) => ({ line, error: errorJson(error) }));
    print(
      JSON.stringify(
        {
          put,
          products: catalogue.size,
          ...(lines.length > 0 ? { wrong: lines } : {}),
          ...failedJson(failed),
        },
        null,
        2,
      ),
    );
  } else if (!options.quiet) say(`${counted(put, "product")} put in, ${catalogue.size} in the catalogue`);
  for (const { error } of wrong) complain(error);
  return Math.max(complainFailed(failed), wrong.length > 0 ? EXIT.someFailed : EXIT.done);
}

interface AddOptions extends CatalogueOptions {
  readonly name: string;
  readonly nameZh?: string;
  readonly description?: string;
  readonly category?: readonly string[];
  readonly price?: number;
  readonly currency?: string;
  readonly picture?: readonly string[];
}

export async function add(signal: AbortSignal, id: string, options: AddOptions): Promise<number> {
  const { name, nameZh, description, category = [], price, currency = "USD", picture = [] } = options;
  const { resolve } = await import("node:path");
  const fields = {
    id,
    names: { en: name, ...(nameZh === undefined ? {} : { zh: nameZh }) },
    descriptions: description === undefined ? {} : { en: description },
    categories: category,
    price: price === undefined ? null : { amount: price, currency },
    pictures: picture.map((path) => resolve(path)),
  };
  const product = checkProduct(fields, `the product ${JSON.stringify(id)}`);
  await using opened = await openCatalogue(options, signal, { create: true });
  const failed = await opened.catalogue.put(opened.clip, [product]);
  const isIn = opened.catalogue.get(id) !== undefined;
  if (options.json)
    print(JSON.stringify({ id, put: isIn, products: opened.catalogue.size, ...failedJson(failed) }, null, 2));
  else if (!options.quiet && isIn) say(`${id} is in, ${opened.catalogue.size} in the catalogue`);
  return complainFailed(failed);
}

export async function remove(
  _signal: AbortSignal,
  ids: readonly string[],
  options: CatalogueOptions,
): Promise<number> {
  const catalogue = await Catalogue.open(options.catalogue);
  const removed = await catalogue.remove(ids);
  const unknown = ids.filter((id) => !removed.includes(id));
  if (options.json) print(JSON.stringify({ removed, unknown, products: catalogue.size }, null, 2));
  else if (!options.quiet)
    say(`${counted(removed.length, "product")} taken out, ${catalogue.size} in the catalogue`);
  for (const id of unknown) {
    complain(
      new ClipError(
        "search.product",
        `Expected a product of the catalogue but it has no ${JSON.stringify(id)}.`,
      ),
    );
  }
  return unknown.length > 0 ? EXIT.someFailed : EXIT.done;
}

interface ChangesOptions extends CatalogueOptions {
  readonly since?: number;
  readonly most?: number;
}

/** A line a change, as JSON: the form that others follow a catalogue by. */
export async function changes(
  _signal: AbortSignal,
  { catalogue, since = 0, most = 1_000 }: ChangesOptions,
): Promise<number> {
  for (const change of (await Catalogue.open(catalogue)).changes(since, most)) print(JSON.stringify(change));
  return EXIT.done;
}
