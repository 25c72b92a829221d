import { ClipError, type ErrorCode, shownValue } from "../../errors.js";
import { nearest } from "../../math/nearest.js";
import type { LabelSet, SetLabel } from "../label.js";
import { MAX_LABELS, MAX_OWN } from "../prompts.js";
import type { Path } from "./path.js";
import type { Source } from "./source.js";

/** Longest name, prompt or description, characters: far more than a text tower reads. */
const MOST_CHARACTERS = 10_000;

/** Most languages of one label. */
const MOST_LANGUAGES = 100;

/** Most labels above each other: what is shown of one names all above it, and no tree of goods or beings has so many. */
const MOST_LEVELS = 100;

const SET_FIELDS = ["$schema", "description", "labels", "none"] as const;
const LABEL_FIELDS = ["id", "name", "aliases", "description", "prompts", "translations", "parent"] as const;

/** A language code (BCP 47) of the simple forms: zh, zh-Hant, pt-BR. */
const LANGUAGE = /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/;

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads values of one file; each error names its line. */
class Reader {
  constructor(
    readonly source: Source,
    readonly name: string,
  ) {}

  error(code: ErrorCode, path: Path, expected: string, found: string): ClipError {
    const line = this.source.lineOf(path);
    return new ClipError(code, `Expected ${expected} in line ${line} of ${this.name} but found ${found}.`);
  }

  fields(value: unknown, path: Path, what: string, known: readonly string[]): Fields {
    if (!isFields(value)) throw this.error("labels.file", path, what, shownValue(value));
    for (const field of Object.keys(value)) {
      if (known.includes(field)) continue;
      const near = nearest(field, known);
      const hint = near === undefined ? "" : `, which may be meant as ${near}`;
      const fields = known.filter((one) => !one.startsWith("$")).join(", ");
      throw this.error(
        "labels.file",
        [...path, field],
        `only the fields ${fields}`,
        `${shownValue(field)}${hint}`,
      );
    }
    return value;
  }

  text(value: unknown, path: Path, what: string): string {
    if (typeof value !== "string") throw this.error("labels.file", path, what, shownValue(value));
    const text = value.trim();
    if (text === "") throw this.error("labels.empty", path, what, "nothing");
    if (text.length > MOST_CHARACTERS) {
      throw this.error(
        "labels.file",
        path,
        `${what} of at most ${MOST_CHARACTERS} characters`,
        `${text.length}`,
      );
    }
    return text;
  }

  list(value: unknown, path: Path, what: string, most: number): readonly unknown[] {
    if (!Array.isArray(value)) throw this.error("labels.file", path, `a list of ${what}`, shownValue(value));
    if (value.length > most) {
      throw this.error("labels.too-many", path, `at most ${most} ${what}`, String(value.length));
    }
    return value;
  }

  texts(value: unknown, path: Path, what: string): readonly string[] {
    return this.list(value, path, what, MAX_OWN).map((item, i) => this.text(item, [...path, i], what));
  }

  translations(value: unknown, path: Path): Readonly<Record<string, string>> {
    if (!isFields(value)) {
      throw this.error("labels.file", path, "names by language such as zh: 猫", shownValue(value));
    }
    const entries = Object.entries(value);
    if (entries.length > MOST_LANGUAGES) {
      throw this.error(
        "labels.too-many",
        path,
        `at most ${MOST_LANGUAGES} languages`,
        String(entries.length),
      );
    }
    return Object.fromEntries(
      entries.map(([language, text]) => {
        if (!LANGUAGE.test(language)) {
          throw this.error(
            "labels.file",
            [...path, language],
            "a language code such as zh",
            shownValue(language),
          );
        }
        return [language, this.text(text, [...path, language], "a translation")];
      }),
    );
  }

  label(value: unknown, path: Path): SetLabel {
    if (typeof value === "string") {
      const name = this.text(value, path, "a word for every label");
      return { id: name, name };
    }
    const what = "a label in words, or fields such as name and aliases";
    const fields = this.fields(value, path, what, LABEL_FIELDS);
    const { id, name, aliases, description, prompts, translations, parent } = fields;
    const at = (field: string): Path => [...path, field];
    const given = name ?? id;
    if (given === undefined) throw this.error("labels.empty", path, "a label with a name", "none");
    const words = this.text(given, at(name === undefined ? "id" : "name"), "a word for every label");
    return {
      id: id === undefined ? words : this.text(id, at("id"), "an id"),
      name: words,
      ...(aliases === undefined ? {} : { aliases: this.texts(aliases, at("aliases"), "aliases") }),
      ...(description === undefined
        ? {}
        : { description: this.text(description, at("description"), "a description") }),
      ...(prompts === undefined ? {} : { prompts: this.texts(prompts, at("prompts"), "prompts") }),
      ...(translations === undefined
        ? {}
        : { translations: this.translations(translations, at("translations")) }),
      ...(parent === undefined ? {} : { parent: this.text(parent, at("parent"), "the id of a label") }),
    };
  }
}

/** A label and where it stands. */
interface Placed {
  readonly label: SetLabel;
  readonly path: Path;
}

function checkIds(reader: Reader, placed: readonly Placed[]): Map<string, Placed> {
  const byId = new Map<string, Placed>();
  for (const one of placed) {
    const first = byId.get(one.label.id);
    if (first) {
      const line = reader.source.lineOf(first.path);
      const found = `${shownValue(one.label.id)} again, which is in line ${line}`;
      throw reader.error("labels.duplicate", one.path, "every label once", found);
    }
    byId.set(one.label.id, one);
  }
  return byId;
}

/** Labels that are nobody's parent are those chosen among: their names must tell them apart. */
function checkNames(reader: Reader, placed: readonly Placed[]): void {
  const parents = new Set(placed.map(({ label }) => label.parent));
  const byName = new Map<string, Placed>();
  for (const one of placed) {
    if (parents.has(one.label.id)) continue;
    const first = byName.get(one.label.name);
    if (first) {
      const line = reader.source.lineOf(first.path);
      const found = `${shownValue(one.label.name)} again, which is in line ${line}`;
      throw reader.error("labels.duplicate", one.path, "a different name for every label", found);
    }
    byName.set(one.label.name, one);
  }
}

function checkParents(reader: Reader, placed: readonly Placed[], byId: ReadonlyMap<string, Placed>): void {
  const depths = new Map<string, number>();
  for (const one of placed) {
    const way = new Set<Placed>();
    let at: Placed | undefined = one;
    while (at !== undefined && !depths.has(at.label.id)) {
      if (way.has(at)) {
        const found = `a circle through ${shownValue(at.label.id)}`;
        throw reader.error("labels.parent", [...one.path, "parent"], "parents that end", found);
      }
      way.add(at);
      at = parentOf(reader, at, byId);
    }
    let depth = at === undefined ? 0 : depths.get(at.label.id)!;
    for (const { label, path } of [...way].reverse()) {
      depth += 1;
      depths.set(label.id, depth);
      if (depth <= MOST_LEVELS) continue;
      throw reader.error("labels.parent", [...path, "parent"], `at most ${MOST_LEVELS} levels`, "more");
    }
  }
}

/** The label above; undefined at the top. */
function parentOf(
  reader: Reader,
  { label: { parent }, path }: Placed,
  byId: ReadonlyMap<string, Placed>,
): Placed | undefined {
  if (parent === undefined) return undefined;
  const above = byId.get(parent);
  if (above) return above;
  const near = nearest(parent, [...byId.keys()].slice(0, MAX_OWN));
  const hint = near === undefined ? "" : `, which may be meant as ${shownValue(near)}`;
  throw reader.error(
    "labels.parent",
    [...path, "parent"],
    "the id of a label",
    `${shownValue(parent)}${hint}`,
  );
}

/** The label that stands for "none of these" is chosen among others, so it is nobody's parent. */
function checkNone(reader: Reader, placed: readonly Placed[], none: string): void {
  const under = placed.find(({ label }) => label.parent === none);
  if (!under) return;
  const found = `${shownValue(none)}, which is above ${shownValue(under.label.name)}`;
  throw reader.error("labels.parent", ["none"], "a label that is nobody's parent", found);
}

/** What a file holds → a checked label set. Raises `labels.*`, each with its line. */
export function checkLabelSet(source: Source, name: string): LabelSet {
  const reader = new Reader(source, name);
  const { value } = source;
  const what = "a list of labels, or fields with a list called labels,";
  const root = Array.isArray(value) ? { labels: value } : reader.fields(value, [], what, SET_FIELDS);
  const base: Path = Array.isArray(value) ? [] : ["labels"];
  if (root.labels === undefined) throw reader.error("labels.file", [], "a list called labels", "none");
  const placed = reader.list(root.labels, base, "labels", MAX_LABELS).map((item, i): Placed => {
    const path = [...base, i];
    return { label: reader.label(item, path), path };
  });
  const none = "none" in root && root.none !== undefined ? reader.label(root.none, ["none"]) : undefined;
  const isOne =
    typeof (root as Fields).none === "string" && placed.some(({ label }) => label.id === none?.id);
  if (none && !isOne) placed.push({ label: none, path: ["none"] });
  if (placed.length === 0) throw reader.error("labels.empty", base, "at least one label", "none");
  const byId = checkIds(reader, placed);
  checkNames(reader, placed);
  checkParents(reader, placed, byId);
  if (none) checkNone(reader, placed, none.id);
  const { description } = root as Fields;
  return {
    description: description === undefined ? "" : reader.text(description, ["description"], "a description"),
    labels: placed.map(({ label }) => label),
    ...(none ? { none: none.id } : {}),
  };
}
