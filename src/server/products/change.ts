import { ClipError } from "../../errors.js";
import type { ImageInput } from "../../image/sources.js";
import { readInput } from "../../image/sources.js";
import { checkProduct, type Product } from "../../search/retail/product.js";
import { pictureOptions } from "../databases/ask.js";
import type { ServedEncoder } from "../databases/encoder.js";
import { keepFile } from "../databases/uploads.js";
import type { ServerOptions } from "../options.js";
import { fromJson } from "../pictures/pictures.js";
import type { ProductBody } from "../wire/products.js";
import type { Shelf } from "./shelves.js";

/** A picture of a product that was left out, and why. */
export interface LeftOut {
  readonly picture: string;
  readonly error: ClipError;
}

/** Pictures of a request → files beside the catalogue, under their content's hash. */
async function keep(
  { folder }: Shelf,
  given: NonNullable<ProductBody["pictures"]>,
  options: ServerOptions,
): Promise<{ paths: string[]; failed: LeftOut[] }> {
  const [paths, failed]: [string[], LeftOut[]] = [[], []];
  for (const { name, input } of fromJson(given, options.fetchUrls)) {
    try {
      paths.push((await keepFile(`${folder}/pictures`, await bytesOf(input, options))).path);
    } catch (error) {
      if (!(error instanceof ClipError)) throw error;
      failed.push({ picture: name, error });
    }
  }
  return { paths: [...new Set(paths)], failed };
}

async function bytesOf(input: ImageInput | ClipError, options: ServerOptions): Promise<Uint8Array> {
  if (input instanceof ClipError) throw input;
  const { fetchUrls, fetchAllowHosts } = options;
  const fetches = fetchUrls ? { fetchUrls: { allowHosts: fetchAllowHosts } } : {};
  const read = await readInput(input, { ...pictureOptions(options), ...fetches });
  if (read instanceof Uint8Array) return read;
  throw new ClipError("input.type", "Expected a picture's bytes but received pixels.");
}

/**
 * Puts a product in, or replaces the one of its id. Raises `search.product` where it is none, or none of its pictures can be read, and
 * what the model and the disk raise.
 */
export async function putProduct(
  shelf: Shelf,
  id: string,
  { pictures, ...fields }: ProductBody,
  encoder: ServedEncoder,
  options: ServerOptions,
): Promise<{ product: Product; failed: LeftOut[] }> {
  const where = `the product ${JSON.stringify(id.slice(0, 60))}`;
  // Before anything is written.
  checkProduct({ ...fields, id, pictures: [] }, where);
  const kept = pictures && (await keep(shelf, pictures, options));
  const { catalogue } = shelf;
  const before = catalogue.get(id)?.pictures ?? [];
  if (kept && kept.paths.length === 0 && kept.failed.length > 0)
    throw new ClipError(
      kept.failed[0]!.error.code,
      `Expected a picture of the product that can be read: ${kept.failed[0]!.error.message}`,
    );
  const product = checkProduct({ ...fields, id, pictures: kept?.paths ?? before }, where);
  const told = await shelf.turns.run(() => catalogue.put(encoder, [product]));
  const own = told.find(({ picture }) => picture === undefined);
  if (own) {
    const [first] = told.filter(({ picture }) => picture !== undefined);
    throw new ClipError(first?.error.code ?? own.error.code, own.error.message);
  }
  const failed = told.map(({ picture = "", error }, i) => ({
    picture: `#${product.pictures.indexOf(picture) < 0 ? i : product.pictures.indexOf(picture)}`,
    error,
  }));
  return { product: catalogue.get(id) ?? product, failed: [...(kept?.failed ?? []), ...failed] };
}
