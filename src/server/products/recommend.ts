import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ClipError } from "../../errors.js";
import { readRules } from "../../search/retail/files.js";
import {
  completeLook,
  forLiked,
  type LookRules,
  type Recommended,
  type RecommendOptions,
  similarProducts,
} from "../../search/retail/recommend.js";
import type { RecommendAsked } from "../wire/products.js";
import type { Shelf } from "./shelves.js";

/** Rules of categories that lie with a catalogue. */
const RULES = "rules.json";
const DAY_MS = 86_400_000;

async function rulesOf({ folder }: Shelf, given: LookRules | undefined): Promise<LookRules> {
  if (given) return given;
  const path = join(folder, RULES);
  if (await stat(path).catch(() => undefined)) return readRules(path);
  throw new ClipError(
    "usage.request",
    `Expected rules with look, such as {"shirts": ["trousers"]}: the catalogue has no ${RULES}.`,
  );
}

function optionsOf({ filter, top, diverse }: RecommendAsked): RecommendOptions {
  const { categories, least, most, currency, without } = filter ?? {};
  return {
    ...(top === undefined ? {} : { top }),
    ...(diverse === undefined ? {} : { lambda: diverse }),
    filter: {
      ...(categories === undefined ? {} : { categories }),
      ...(least === undefined ? {} : { least }),
      ...(most === undefined ? {} : { most }),
      ...(currency === undefined ? {} : { currency }),
      ...(without === undefined ? {} : { without }),
    },
  };
}

/** What is recommended: one list, or one a category. */
export interface Recommendations {
  readonly products?: readonly Recommended[];
  readonly looks?: readonly { readonly category: string; readonly products: readonly Recommended[] }[];
}

/** A request → recommendations. Raises `usage.request`, `search.product`, `search.options`. */
export async function recommendations(shelf: Shelf, asked: RecommendAsked): Promise<Recommendations> {
  const { like, liked, look, rules } = asked;
  if ([like, liked, look].filter((one) => one !== undefined).length !== 1)
    throw new ClipError("usage.request", "Expected exactly one of like, liked and look in the request.");
  const { catalogue } = shelf;
  const options = optionsOf(asked);
  if (look !== undefined)
    return { looks: completeLook(catalogue, look, await rulesOf(shelf, rules), options) };
  if (like?.length === 1) return { products: similarProducts(catalogue, like[0]!, options) };
  if (like)
    return {
      products: forLiked(
        catalogue,
        like.map((id) => ({ id })),
        options,
      ),
    };
  const now = Date.now();
  const dated = liked!.map(({ id, daysAgo }) => ({
    id,
    // Without any date all count alike; beside dated ones those without are of now.
    ...(liked!.some((one) => one.daysAgo !== undefined) ? { at: now - (daysAgo ?? 0) * DAY_MS } : {}),
  }));
  return { products: forLiked(catalogue, dated, options) };
}
