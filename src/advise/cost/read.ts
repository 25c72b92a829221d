import type { LineCounter, Node } from "yaml";
import { ClipError } from "../../errors.js";
import { nearest } from "../../math/nearest.js";
import { type Company, type CompanyFigure, FIGURE_NAMES, type FigureName, specOf } from "./figures.js";

/** Most characters of a company's file: two dozen figures with their comments take 2,000, and brackets in 20,000 end the YAML reader's stack, and with it the process. */
const MOST_CHARACTERS = 8_192;

const LONGEST_WORDS = 200;
const TEXT_FIELDS = ["name", "currency", "model"] as const;
const FIELDS: readonly string[] = [...TEXT_FIELDS, ...FIGURE_NAMES, "assumed"];

const isFigureName = (word: string): word is FigureName => (FIGURE_NAMES as readonly string[]).includes(word);

/** A value as a message shows it. */
function shown(value: unknown): string {
  const text = (typeof value === "number" ? String(value) : JSON.stringify(value)) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

interface Field {
  readonly value: unknown;
  readonly line: number;
}

/**
 * The text of a company's file, YAML or JSON, → its figures. Raises `advise.file` with the field and its line: what can't
 * be read, a field that is unknown, missing or given twice, a number out of its range.
 */
export async function parseCompany(text: string, file: string): Promise<Company> {
  const fields = await fieldsOf(text, file);
  const error = (field: string, line: number, expected: string, found: string): ClipError =>
    new ClipError(
      "advise.file",
      `Expected ${field} to be ${expected} in line ${line} of ${file} but found ${found}.`,
    );
  const words = (field: (typeof TEXT_FIELDS)[number], fallback: string): string => {
    const found = fields.get(field);
    if (found === undefined) return fallback;
    const { value, line } = found;
    if (typeof value === "string" && value.trim() !== "" && value.length <= LONGEST_WORDS)
      return value.trim();
    throw error(field, line, `words, ${LONGEST_WORDS} characters at most`, shown(value));
  };
  const assumed = assumedOf(fields, error);
  const figures: Partial<Record<FigureName, CompanyFigure>> = {};
  for (const name of FIGURE_NAMES) {
    const { least, most, required, words: meaning } = specOf(name);
    const found = fields.get(name);
    if (found === undefined) {
      if (required)
        throw new ClipError(
          "advise.file",
          `Expected the field ${name} (${meaning}) in ${file} but it is missing.`,
        );
      continue;
    }
    const { value, line } = found;
    if (typeof value !== "number" || !(value >= least && value <= most))
      throw error(name, line, `a number from ${least} to ${most}`, shown(value));
    figures[name] = { value, origin: assumed.has(name) ? "assumed in the file" : "given" };
  }
  return {
    name: words("name", file),
    currency: words("currency", "EUR"),
    model: words("model", "ViT-B/32"),
    figures,
  };
}

function assumedOf(
  fields: ReadonlyMap<string, Field>,
  error: (field: string, line: number, expected: string, found: string) => ClipError,
): ReadonlySet<FigureName> {
  const { value = [], line } = fields.get("assumed") ?? { line: 0 };
  if (!Array.isArray(value)) throw error("assumed", line, "a list of fields of this file", shown(value));
  const names = value.map((item: unknown) => {
    if (typeof item === "string" && isFigureName(item) && fields.has(item)) return item;
    throw error("assumed", line, "a list of fields of this file", shown(item));
  });
  return new Set(names);
}

/** Fields of the file with their lines. */
async function fieldsOf(text: string, file: string): Promise<ReadonlyMap<string, Field>> {
  const fail = (words: string): ClipError => new ClipError("advise.file", words);
  if (text.length > MOST_CHARACTERS)
    throw fail(`Expected at most ${MOST_CHARACTERS} characters in ${file} but it has ${text.length}.`);
  const yaml = await import("yaml");
  const lines: LineCounter = new yaml.LineCounter();
  const document = yaml.parseDocument(text.replace(/^\ufeff/, ""), {
    lineCounter: lines,
    prettyErrors: false,
  });
  const lineOf = (node: Node | null | undefined): number => lines.linePos(node?.range?.[0] ?? 0).line;
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const what = (problem.message.split("\n", 1)[0] ?? "").replace(/\.$/, "");
    const { line } = lines.linePos(problem.pos[0]);
    throw fail(`Expected YAML or JSON in line ${line} of ${file} but it can't be read: ${what}.`);
  }
  const { contents } = document;
  if (!yaml.isMap(contents))
    throw fail(
      `Expected fields such as "classes: 12" in line ${lineOf(contents)} of ${file} but found none.`,
    );
  const fields = new Map<string, Field>();
  for (const { key, value } of contents.items) {
    const node = yaml.isNode(key) ? key : undefined;
    const name = yaml.isScalar(key) ? String(key.value) : "";
    const line = lineOf(node);
    if (!FIELDS.includes(name)) {
      const near = nearest(name, FIELDS);
      const hint = near === undefined ? "" : ` Did you mean ${near}?`;
      throw fail(
        `Expected a known field in line ${line} of ${file} but found ${shown(name)} (docs/cost.md lists them).${hint}`,
      );
    }
    fields.set(name, { value: plain(value, yaml), line });
  }
  return fields;
}

/** A scalar, or a list of scalars; anything else as a word that no field takes. */
function plain(node: unknown, yaml: typeof import("yaml")): unknown {
  if (yaml.isScalar(node)) return node.value;
  if (yaml.isSeq(node))
    return node.items.map((item) => (yaml.isScalar(item) ? item.value : "something else"));
  if (node === null || node === undefined) return null;
  return { nested: true };
}
