import type { Document, Node, Pair } from "yaml";
import { asClipError, ClipError } from "../../errors.js";
import { jsonFault, jsonOffset } from "./json-text.js";
import type { Path } from "./path.js";

/** What a file holds, and the line (from 1) in which the value at a path begins. */
export interface Source {
  readonly value: unknown;
  readonly lineOf: (path: Path) => number;
}

/** Nested deeper than a label set can be; deeper files are not walked. */
const MOST_DEPTH = 16;

/**
 * Values of one file, those repeated by aliases counted each time: 200,000 labels of ten fields. A bomb of aliases in
 * aliases ends here.
 */
const MOST_VALUES = 2_000_000;

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}

/** One label a line; `#` begins a comment, empty lines are skipped. */
export function fromLines(text: string): Source {
  const lines: number[] = [];
  const value: string[] = [];
  for (const [i, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const word = raw.trim();
    if (word === "" || word.startsWith("#")) continue;
    value.push(word);
    lines.push(i + 1);
  }
  return { value, lineOf: ([position]) => lines[Number(position ?? 0)] ?? 1 };
}

/** Nodes inside each other in the parser: two or three for each value. Deeper files overflow the stack of what comes after it. */
const MOST_STACK = 4 * MOST_DEPTH;

/** A file that is nested too deeply: where. */
interface TooDeep {
  readonly tooDeep: number;
}

/**
 * YAML → its document, and where a second one begins. Raises nothing: the parser that is walked here does not
 * recurse, so that a file of nothing but brackets ends it early.
 */
async function compose(
  text: string,
): Promise<{ readonly document: Document.Parsed; readonly second?: number } | TooDeep> {
  const { Composer, Lexer, Parser } = await import("yaml");
  const parser = new Parser();
  const tokens = [];
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > MOST_STACK) return { tooDeep: parser.offset };
  }
  tokens.push(...parser.end());
  // Repeated keys are looked for by the caller: the composer's own way takes the square of their number.
  const composer = new Composer({ schema: "failsafe", uniqueKeys: false, prettyErrors: false });
  const [document, second] = composer.compose(tokens, true, text.length);
  return { document: document as Document.Parsed, ...(second ? { second: second.range[0] } : {}) };
}

/** JSON → its value. Raises `labels.file`. */
export function fromJson(text: string, name: string): Source {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const { message } = asClipError(error, "labels.file");
    const offset = Number(/at position (\d+)/.exec(message)?.[1] ?? jsonErrorAt(text));
    const what = message.replace(/ in JSON| at position \d+.*$|, (\.\.\.)?".*$/gs, "");
    throw new ClipError(
      "labels.file",
      `Expected JSON in line ${lineAt(text, offset)} of ${name} but it can't be read: ${what}.`,
    );
  }
  const fault = jsonFault(text, MOST_DEPTH);
  if (fault) {
    throw new ClipError(
      "labels.file",
      `Expected ${fault.expected} in line ${lineAt(text, fault.offset)} of ${name} but found ${fault.found}.`,
    );
  }
  return { value, lineOf: (path) => lineAt(text, jsonOffset(text, path)) };
}

/**
 * Where text that is no JSON goes wrong, for messages of JSON.parse that don't say: the beginnings of it that merely stop too early
 * are all those that end before, so the place is found by halving.
 */
function jsonErrorAt(text: string): number {
  const endsEarly = (length: number): boolean => {
    try {
      JSON.parse(text.slice(0, length));
      return true;
    } catch (error) {
      const { message } = asClipError(error, "labels.file");
      const at = /at position (\d+)/.exec(message)?.[1];
      return at === undefined
        ? /end of JSON/.test(message)
        : Number(at) >= length || /Unterminated/.test(message);
    }
  };
  let [fine, wrong] = [0, text.length];
  if (endsEarly(wrong)) return wrong;
  while (wrong - fine > 1) {
    const middle = (fine + wrong) >> 1;
    if (endsEarly(middle)) fine = middle;
    else wrong = middle;
  }
  return fine;
}

/** Offset of the deepest node of a path that there is: what is missing is told of by what lacks it. */
function offsetOf(contents: Node | null, path: Path): number {
  let node: unknown = contents;
  let offset = contents?.range?.[0] ?? 0;
  for (const key of path) {
    const items: readonly unknown[] = (node as { items?: readonly unknown[] } | null)?.items ?? [];
    const next =
      typeof key === "number"
        ? items[key]
        : (items as readonly Partial<Pair>[]).find((pair) => String(pair.key) === key)?.value;
    const range = (next as Node | undefined)?.range;
    if (!range) break;
    offset = range[0];
    node = next;
  }
  return offset;
}

/** YAML 1.2 → its value; every scalar is words, so that no, 1.0 and null are labels like any other. Raises `labels.file`. */
export async function fromYaml(text: string, name: string): Promise<Source> {
  const yaml = await import("yaml");
  const parsed = await compose(text);
  const refuse = (offset: number, what: string): ClipError =>
    new ClipError(
      "labels.file",
      `Expected YAML in line ${lineAt(text, offset)} of ${name} but it can't be read: ${what}.`,
    );
  if ("tooDeep" in parsed) throw refuse(parsed.tooDeep, "it is nested too deeply");
  const { document, second } = parsed;
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) throw refuse(problem.pos[0], (problem.message.split("\n", 1)[0] ?? "").replace(/\.$/, ""));
  if (second !== undefined) throw refuse(second, "a second document begins there");
  const anchors = new Map<string, Node>();
  let values = 0;
  const fail = (node: Node | null | undefined, expected: string, found: string): ClipError =>
    new ClipError(
      "labels.file",
      `Expected ${expected} in line ${lineAt(text, node?.range?.[0] ?? 0)} of ${name} but found ${found}.`,
    );
  const plain = (node: Node | null, depth: number): unknown => {
    if (node === null) return "";
    values += 1;
    if (values > MOST_VALUES) throw fail(node, `at most ${MOST_VALUES} values`, "more, aliases counted");
    if (depth > MOST_DEPTH) throw fail(node, `at most ${MOST_DEPTH} values inside each other`, "more");
    if (yaml.isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined) throw fail(node, "an alias of what stands above it", `*${node.source}`);
      return plain(target, depth + 1);
    }
    if ("anchor" in node && typeof node.anchor === "string") anchors.set(node.anchor, node);
    if (yaml.isSeq(node)) return node.items.map((item) => plain(item as Node | null, depth + 1));
    if (!yaml.isMap(node)) return yaml.isScalar(node) ? String(node.value ?? "") : "";
    const entries = new Map<string, unknown>();
    for (const { key, value } of node.items as readonly Pair<Node | null, Node | null>[]) {
      if (!yaml.isScalar(key)) throw fail(key, "a word as the name of a field", "something else");
      const field = String(key.value ?? "");
      if (entries.has(field)) throw fail(key, "every field once", `"${field.slice(0, 60)}" twice`);
      entries.set(field, plain(value, depth + 1));
    }
    return Object.fromEntries(entries);
  };
  return {
    value: plain(document.contents, 0),
    lineOf: (path) => lineAt(text, offsetOf(document.contents, path)),
  };
}
