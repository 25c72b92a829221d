import { ClipError } from "../../errors.js";

/** What a shop sells one of. */
export interface Product {
  /** The shop's own: 1 to 200 characters. */
  readonly id: string;
  /** By language code; at least one. The first is the one that the model is asked in unless `en` is there. */
  readonly names: Readonly<Record<string, string>>;
  readonly descriptions: Readonly<Record<string, string>>;
  /** From the widest to the narrowest, or several that hold; none is allowed. */
  readonly categories: readonly string[];
  readonly price: { readonly amount: number; readonly currency: string } | null;
  /** Paths of pictures of it; none is allowed: it is found by its words then. */
  readonly pictures: readonly string[];
}

/** Pictures of a product: shops show some tens. */
export const MOST_PICTURES = 200;
const MOST_ID = 200;
const MOST_NAME = 500;
/** Characters of a description: a page; the model reads its beginning. */
const MOST_DESCRIPTION = 10_000;
const MOST_CATEGORIES = 100;
const MOST_LANGUAGES = 50;

const isText = (value: unknown, most: number): value is string =>
  typeof value === "string" && value.trim() !== "" && value.length <= most && !/\p{Surrogate}/u.test(value);

function isTexts(value: unknown, most: number): value is Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  const fine = entries.every(
    ([key, text]) => /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/.test(key) && isText(text, most),
  );
  return fine && entries.length <= MOST_LANGUAGES;
}

function isPrice(value: unknown): value is Product["price"] {
  if (value === null || value === undefined) return true;
  const { amount, currency } = value as { amount?: unknown; currency?: unknown };
  return (
    typeof amount === "number" &&
    Number.isFinite(amount) &&
    amount >= 0 &&
    /^[A-Z]{3}$/.test(String(currency))
  );
}

function list(value: unknown, most: number, length: number): value is string[] {
  return Array.isArray(value) && value.length <= most && value.every((one) => isText(one, length));
}

/** Fields from outside → a product. Raises `search.product`, which begins with `where`. */
export function checkProduct(fields: Readonly<Record<string, unknown>>, where: string): Product {
  const wrong = (what: string): ClipError =>
    new ClipError("search.product", `Expected ${where} to have ${what}.`);
  const { id, names, descriptions = {}, categories = [], price = null, pictures = [] } = fields;
  if (!isText(id, MOST_ID)) throw wrong(`an id of 1 to ${MOST_ID} characters`);
  if (!isTexts(names, MOST_NAME) || Object.keys(names).length === 0) {
    throw wrong(`names by language, such as {"en": "red shirt"}, of at most ${MOST_NAME} characters`);
  }
  if (!isTexts(descriptions, MOST_DESCRIPTION)) {
    throw wrong(`descriptions by language of at most ${MOST_DESCRIPTION} characters`);
  }
  if (!list(categories, MOST_CATEGORIES, MOST_NAME))
    throw wrong(`at most ${MOST_CATEGORIES} categories in words`);
  if (!isPrice(price)) throw wrong('a price such as {"amount": 19.9, "currency": "EUR"}, or none');
  if (!list(pictures, MOST_PICTURES, 32_767)) throw wrong(`at most ${MOST_PICTURES} paths of pictures`);
  return { id, names, descriptions, categories, price: price ?? null, pictures };
}

/** Words by which the model is asked for a product: its name, with its description and its narrowest category. */
export function promptsFor({ names, descriptions, categories }: Product): string[] {
  const language = names.en === undefined ? Object.keys(names)[0]! : "en";
  const name = names[language]!;
  const description = descriptions[language];
  const category = categories.at(-1);
  return [
    `a photo of ${name}`,
    ...(description === undefined ? [] : [`${name}, ${description.slice(0, 300)}`]),
    ...(category === undefined || category === name ? [] : [`a photo of ${name}, ${category}`]),
  ];
}
