import { checkFilter, type Filter, folderStart, LISTS, RANGES, type Range } from "../filter.js";
import { NO_TIME, THERE, wide } from "./rows.js";

/** Sizes are 0 and above: the two conditions that hold for all rows and for none. */
const ALL = "bytes >= 0";
const NONE = "bytes < 0";
/** Numbers beyond it are no whole numbers of JavaScript, and no row has them. */
const MOST = 2 ** 53;

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** A text as an expression of Milvus writes it. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"\n\r\t]/g, (sign) => ESCAPES[sign]!)}"`;
}

const list = (texts: readonly string[]): string => `[${texts.map(quoted).join(", ")}]`;

/** `column in […]`; no value is in an empty list. */
export function isIn(column: string, values: readonly string[]): string {
  return values.length === 0 ? NONE : `${column} in ${list(values)}`;
}

/** The text after all that begin with this one: its last character is the next one. Paths end in a slash here. */
function after(start: string): string {
  return `${start.slice(0, -1)}${String.fromCharCode(start.charCodeAt(start.length - 1) + 1)}`;
}

function labelParts({ any, all, none }: NonNullable<Filter["labels"]>): string[] {
  const has = (how: "any" | "all", labels: readonly string[]): string =>
    `array_contains_${how}(labels, ${list(labels)})`;
  return [
    ...(any ? [any.length === 0 ? NONE : has("any", any)] : []),
    ...(all && all.length > 0 ? [has("all", all)] : []),
    ...(none && none.length > 0 ? [`not ${has("any", none)}`] : []),
  ];
}

/** `*` and `?` as patterns write them; all other signs of patterns are wide, as they are in the rows. */
function patternOf(glob: string): string {
  return wide(glob).replace(/\*+/g, "%").replaceAll("?", "_");
}

function pathParts({ folder, glob, camera }: Filter): string[] {
  const start = folder === undefined ? "" : wide(folderStart(folder));
  return [
    ...(folder === undefined ? [] : [`path >= ${quoted(start)} and path < ${quoted(after(start))}`]),
    ...(glob === undefined ? [] : [`path like ${quoted(patternOf(glob))}`]),
    ...(camera === undefined ? [] : [`camera like ${quoted(`${THERE}%${wide(camera)}%`)}`]),
  ];
}

/** The columns are whole numbers: bounds are those of the whole numbers within. */
function rangePart(name: (typeof RANGES)[number], { least, most }: Range): string {
  const parts = name === "taken" ? [`taken > ${NO_TIME}`] : [];
  if ((least ?? 0) > MOST || (most ?? 0) < -MOST) return NONE;
  if (least !== undefined) parts.push(`${name} >= ${Math.max(-MOST, Math.ceil(least))}`);
  if (most !== undefined) parts.push(`${name} <= ${Math.min(MOST, Math.floor(most))}`);
  return parts.length === 0 ? ALL : parts.join(" and ");
}

function partsOf(filter: Filter): string[] {
  const { captioned, frame, blank, and = [], or, not } = filter;
  const parts = [...pathParts(filter), ...labelParts(filter.labels ?? {})];
  for (const name of RANGES) if (filter[name]) parts.push(rangePart(name, filter[name]));
  for (const [name, column] of LISTS) {
    if (filter[name]) parts.push(isIn(column, column === "path" ? filter[name].map(wide) : filter[name]));
  }
  if (captioned !== undefined) parts.push(`caption ${captioned ? "!=" : "=="} ""`);
  if (frame !== undefined) parts.push(`time ${frame ? ">=" : "<"} 0`);
  if (blank !== undefined) parts.push(`blank == ${blank}`);
  parts.push(...and.map(expressionOf));
  if (or) parts.push(or.length === 0 ? NONE : or.map((part) => `(${expressionOf(part)})`).join(" or "));
  if (not) parts.push(`not (${expressionOf(not)})`);
  return parts;
}

function expressionOf(filter: Filter): string {
  const parts = partsOf(filter);
  return parts.length === 0 ? ALL : parts.map((part) => `(${part})`).join(" and ");
}

/** A filter as a boolean expression of Milvus. Raises `search.filter`. */
export function filterExpression(filter: Filter): string {
  checkFilter(filter);
  return expressionOf(filter);
}
