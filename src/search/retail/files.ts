import { readdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { asClipError, ClipError } from "../../errors.js";
import { writeFileAtomic } from "../../models/atomic.js";
import { JsonObject } from "../../models/json.js";
import { parseRows } from "../../models/rows.js";
import { readTextFile } from "../../models/text-file.js";
import type { History } from "./evaluate.js";
import { DEFAULT_FUSION, type Fusion } from "./fusion.js";
import type { LookRules } from "./recommend.js";

const FUSION = "fusion.json";
/** Bytes of rules and weights: some thousand categories. */
const MOST_RULES = 4 * 1024 * 1024;
/** Bytes of likes: ten million lines. */
const MOST_LIKES = 400 * 1024 * 1024;

/** Weights that were fitted for a catalogue; where there are none, the default ones. Raises `search.catalogue`. */
export async function readFusion(folder: string): Promise<Fusion> {
  const path = join(folder, FUSION);
  const names: readonly string[] = await readdir(folder).catch(() => []);
  if (!names.includes(FUSION)) return DEFAULT_FUSION;
  const text = await readTextFile(path, {
    code: "search.catalogue",
    what: "fitted weights",
    most: MOST_RULES,
  });
  const fields = JsonObject.parse(text, path, "search.catalogue");
  return {
    picture: fields.number("picture"),
    looks: fields.number("looks"),
    text: fields.number("text"),
    threshold: fields.has("threshold") ? fields.number("threshold") : null,
  };
}

export async function writeFusion(folder: string, fusion: Fusion): Promise<void> {
  await writeFileAtomic(join(folder, FUSION), `${JSON.stringify(fusion, null, 2)}\n`).catch(
    (error: unknown) => {
      throw asClipError(error, "search.catalogue");
    },
  );
}

/** `{"shirts": ["trousers", "shoes"]}` → rules. Raises `search.product`. */
export async function readRules(path: string): Promise<LookRules> {
  const text = await readTextFile(path, {
    code: "search.product",
    what: "rules of categories",
    most: MOST_RULES,
  });
  const rules = JsonObject.parse(text, path, "search.product");
  return Object.fromEntries(Object.keys(rules.fields).map((category) => [category, rules.strings(category)]));
}

/** A list `user,product,time` (time: anything that a date is; may be absent) → what each person liked, oldest first. Raises `search.product`. */
export async function readLikes(path: string): Promise<History[]> {
  const text = await readTextFile(path, {
    code: "search.product",
    what: "a list of likes",
    most: MOST_LIKES,
  });
  const by = new Map<string, { id: string; at?: number }[]>();
  let titles: readonly string[] | undefined;
  for (const { line, cells } of parseRows(text, /\.tsv$/i.test(path) ? "\t" : ",", path, "search.product")) {
    if (titles === undefined) {
      titles = cells.map((cell) => cell.trim());
      if (titles[0] === "user" && titles[1] === "product") continue;
      throw new ClipError(
        "search.product",
        `Expected the columns user, product and, where known, time in line 1 of ${path} but found ${titles.join(", ")}.`,
      );
    }
    const [user, id, time = ""] = cells.map((cell) => cell.trim());
    const at = time === "" ? undefined : Date.parse(time);
    if (!user || !id || Number.isNaN(at)) {
      throw new ClipError(
        "search.product",
        `Expected a user, a product and a date in line ${line} of ${path} but found ${cells.join(",").slice(0, 60)}.`,
      );
    }
    const list = by.get(user) ?? [];
    list.push({ id, ...(at === undefined ? {} : { at }) });
    by.set(user, list);
  }
  return [...by].map(([user, liked]) => ({ user, liked: liked.sort((a, b) => (a.at ?? 0) - (b.at ?? 0)) }));
}

const PICTURE = /^\.(?:jpe?g|jpe|png|webp|gif|tiff?|avif)$/i;

/** A folder with one folder a product, named by its id → its photos. Raises `search.product` where there are none. */
export async function productPhotos(folder: string): Promise<{ product: string; path: string }[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new ClipError(
      "search.product",
      `Expected a folder of photos at ${folder} but it can't be read (${error.code}).`,
    );
  });
  const found: { product: string; path: string }[] = [];
  for (const entry of entries.filter((one) => one.isDirectory()).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const names = (await readdir(join(folder, entry.name)))
      .filter((name) => PICTURE.test(extname(name)))
      .sort();
    found.push(
      ...names.map((name) => ({ product: entry.name, path: join(folder, entry.name, basename(name)) })),
    );
  }
  if (found.length > 0) return found;
  throw new ClipError(
    "search.product",
    `Expected a folder a product, with its photos, in ${folder} but found none.`,
  );
}
