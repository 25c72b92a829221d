import { checkFilter, type Filter, folderStart, LISTS, RANGES } from "../filter.js";

/** A text as SQL writes it. Within the quotes nothing but a quote means anything; it is doubled. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const list = (texts: readonly string[]): string => texts.map(quoted).join(", ");

/** `column IN (…)`; no value is in an empty list. */
export function isIn(column: string, values: readonly string[]): string {
  return values.length === 0 ? "false" : `${column} IN (${list(values)})`;
}

/** A glob as LIKE understands it: its own signs are escaped first. */
function likeOf(glob: string): string {
  const escaped = glob.replace(/[\\%_]/g, "\\$&");
  return escaped.replaceAll("*", "%").replaceAll("?", "_");
}

function labelParts({ any, all, none }: NonNullable<Filter["labels"]>): string[] {
  const has = (how: "any" | "all", labels: readonly string[]): string =>
    `array_has_${how}(labels, make_array(${list(labels)}))`;
  return [
    ...(any ? [any.length === 0 ? "false" : has("any", any)] : []),
    ...(all && all.length > 0 ? [has("all", all)] : []),
    ...(none && none.length > 0 ? [`NOT ${has("any", none)}`] : []),
  ];
}

function pathParts({ folder, glob, camera }: Filter): string[] {
  return [
    ...(folder === undefined ? [] : [`starts_with(path, ${quoted(folderStart(folder))})`]),
    ...(glob === undefined ? [] : [`path LIKE ${quoted(likeOf(glob))}`]),
    ...(camera === undefined ? [] : [`camera IS NOT NULL AND contains(camera, ${quoted(camera)})`]),
  ];
}

function rangeParts(filter: Filter): string[] {
  return RANGES.flatMap((name) => {
    const range = filter[name];
    if (range === undefined) return [];
    const parts = [`${name} IS NOT NULL`];
    if (range.least !== undefined) parts.push(`${name} >= ${range.least}`);
    if (range.most !== undefined) parts.push(`${name} <= ${range.most}`);
    return [parts.join(" AND ")];
  });
}

function sqlOf(filter: Filter): string {
  const { captioned, frame, blank, and = [], or, not } = filter;
  const isNull = (column: string, there: boolean): string => `${column} IS ${there ? "NOT " : ""}NULL`;
  const parts = [...pathParts(filter), ...labelParts(filter.labels ?? {}), ...rangeParts(filter)];
  for (const [name, column] of LISTS) if (filter[name]) parts.push(isIn(column, filter[name]));
  if (captioned !== undefined) parts.push(isNull("caption", captioned));
  if (frame !== undefined) parts.push(isNull("time", frame));
  if (blank !== undefined) parts.push(`blank = ${blank}`);
  parts.push(...and.map(sqlOf));
  if (or) parts.push(or.length === 0 ? "false" : or.map((part) => `(${sqlOf(part)})`).join(" OR "));
  if (not) parts.push(`NOT (${sqlOf(not)})`);
  return parts.length === 0 ? "true" : parts.map((part) => `(${part})`).join(" AND ");
}

/** A filter as an SQL condition that is true or false for every row, never null. Raises `search.filter`. */
export function filterSql(filter: Filter): string {
  checkFilter(filter);
  return sqlOf(filter);
}
