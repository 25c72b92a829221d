import type { Product } from "../../search/retail/product.js";
import type { ServerContext } from "../context.js";
import type { Marks } from "../databases/marks.js";
import { needsKey } from "../guard.js";
import type { ProductEntry } from "../wire/products.js";
import type { Shelf } from "./shelves.js";

/** What a mark in the address of a product's picture stands for. */
export function markedProduct(catalogue: string, id: string, position: number): string {
  return `product ${catalogue} ${position} ${id}`;
}

/** A product's name as an answer shows it. */
export function nameOf({ names }: Product): string {
  return names.en ?? Object.values(names)[0]!;
}

/** Addresses of a product's pictures, which a browser can open. */
export function pictureAddresses(
  { name }: Shelf,
  { id, pictures }: Product,
  marks: Marks,
  context: ServerContext,
): string[] {
  const isMarked = needsKey(context);
  return pictures.map((_, i) => {
    const query = `catalogue=${encodeURIComponent(name)}`;
    const marked = isMarked ? `&${marks.queryFor(markedProduct(name, id, i))}` : "";
    return `/v1/products/${encodeURIComponent(id)}/pictures/${i}?${query}${marked}`;
  });
}

/** A product as answers have it: paths of this machine are addresses of its pictures. */
export function entryOf(shelf: Shelf, product: Product, marks: Marks, context: ServerContext): ProductEntry {
  const { id, names, descriptions, categories, price } = product;
  return {
    id,
    name: nameOf(product),
    names: { ...names },
    descriptions: { ...descriptions },
    categories: [...categories],
    ...(price === null ? {} : { price }),
    pictures: pictureAddresses(shelf, product, marks, context),
  };
}
