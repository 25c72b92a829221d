import { dirname, isAbsolute, join } from "node:path";
import { ClipError } from "../../errors.js";
import { parseRows } from "../../models/rows.js";
import { readTextFile } from "../../models/text-file.js";
import { checkProduct, type Product } from "./product.js";

/** Bytes of a file of products: a million of them in a few lines each; one text holds 512 MB. */
const MOST_BYTES = 400 * 1024 * 1024;

/** A product and the line it comes from, or what is wrong with that line. */
export interface ReadProduct {
  readonly line: number;
  readonly result: Product | ClipError;
}

function split(cell: string): string[] {
  return cell
    .split("|")
    .map((part) => part.trim())
    .filter(Boolean);
}

/** `name`, `name:zh` → texts by language; without one it is English. */
function byLanguage(cells: ReadonlyMap<string, string>, what: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [title, cell] of cells) {
    const [word, language = "en"] = title.split(":");
    if (word === what && cell.trim() !== "") found[language] = cell.trim();
  }
  return found;
}

const KNOWN = /^(?:id|(?:name|description)(?::[\w-]+)?|categories|price|currency|pictures)$/;

function columnsOf(cells: readonly string[], where: string): string[] {
  const titles = cells.map((cell) => cell.trim());
  const unknown = titles.find((title) => !KNOWN.test(title));
  const has = (pattern: RegExp): boolean => titles.some((title) => pattern.test(title));
  if (unknown === undefined && has(/^id$/) && has(/^name(?::|$)/)) return titles;
  const found = unknown === undefined ? titles.join(", ") : JSON.stringify(unknown);
  throw new ClipError(
    "search.product",
    `Expected columns id, name (name:zh …), description, categories, price, currency and pictures in line 1 of ${where} but found ${found}.`,
  );
}

function fromCells(
  titles: readonly string[],
  cells: readonly string[],
  where: string,
): Record<string, unknown> {
  if (cells.length !== titles.length) {
    throw new ClipError(
      "search.product",
      `Expected ${titles.length} cells in ${where} but found ${cells.length}.`,
    );
  }
  const by = new Map(titles.map((title, i) => [title, cells[i]!]));
  const price = by.get("price")?.trim() ?? "";
  const currency = by.get("currency")?.trim() || "USD";
  return {
    id: by.get("id")!.trim(),
    names: byLanguage(by, "name"),
    descriptions: byLanguage(by, "description"),
    categories: split(by.get("categories") ?? ""),
    price: price === "" ? null : { amount: Number(price), currency },
    pictures: split(by.get("pictures") ?? ""),
  };
}

function* fieldsOf(
  text: string,
  path: string,
): Generator<{ line: number; read: () => Record<string, unknown> }> {
  const where = (line: number): string => `line ${line} of ${path}`;
  if (/\.(?:jsonl|ndjson)$/i.test(path)) {
    for (const [i, line] of text.split("\n").entries()) {
      if (line.trim() === "") continue;
      const read = (): Record<string, unknown> => {
        try {
          const value: unknown = JSON.parse(line);
          if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
        } catch {}
        throw new ClipError("search.product", `Expected ${where(i + 1)} to be a JSON object but it is not.`);
      };
      yield { line: i + 1, read };
    }
    return;
  }
  let titles: string[] | undefined;
  for (const { line, cells } of parseRows(text, /\.tsv$/i.test(path) ? "\t" : ",", path, "search.product")) {
    const known = titles;
    if (known === undefined) titles = columnsOf(cells, path);
    else yield { line, read: () => fromCells(known, cells, where(line)) };
  }
}

/**
 * Products of a file, one at a time: `.jsonl` (a {@link Product} a line) or `.csv`/`.tsv` with columns id, name or name:en …, description,
 * categories and pictures (`a|b`), price, currency. Paths are relative to the file. A line that is wrong is told of by itself. Raises
 * `search.product` where the file can't be read or has other columns.
 */
export async function* readProducts(path: string): AsyncGenerator<ReadProduct> {
  const text = await readTextFile(path, {
    code: "search.product",
    what: "a file of products",
    most: MOST_BYTES,
  });
  const folder = dirname(path);
  const seen = new Map<string, number>();
  for (const { line, read } of fieldsOf(text, path)) {
    try {
      const product = checkProduct(read(), `line ${line} of ${path}`);
      const first = seen.get(product.id);
      if (first !== undefined) {
        const id = JSON.stringify(product.id);
        throw new ClipError(
          "search.product",
          `Expected each id once but ${id} is in line ${first} and line ${line} of ${path}.`,
        );
      }
      seen.set(product.id, line);
      const pictures = product.pictures.map((one) => (isAbsolute(one) ? one : join(folder, one)));
      yield { line, result: { ...product, pictures } };
    } catch (error) {
      if (!(error instanceof ClipError)) throw error;
      yield { line, result: error };
    }
  }
}
