import type { Hit, SearchFilter, ZeroclipClient } from "../api";

/** Forms of an exported list. */
export type ListForm = "txt" | "csv" | "json";

const MOST_AT_ONCE = 500;

/** Gives the browser a file to keep. */
export function saveFile(name: string, text: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  [link.href, link.download] = [address, name];
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** All pictures that pass a filter, page after page. */
export async function picturesOf(api: ZeroclipClient, db: string, filter: SearchFilter): Promise<Hit[]> {
  const all: Hit[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.search({
      db,
      filter,
      top: MOST_AT_ONCE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    all.push(...page.hits);
    cursor = page.next;
  } while (cursor !== undefined);
  return all;
}

/** A cell of CSV: quoted where it has to be, and never a formula of a spreadsheet. */
function cell(value: string | number): string {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const COLUMNS = ["id", "path", "width", "height", "bytes", "date", "labels", "caption"] as const;

function fieldOf(hit: Hit, column: (typeof COLUMNS)[number]): string | number {
  return column === "labels" ? hit.labels.join("; ") : (hit[column] ?? "");
}

export function listOf(hits: readonly Hit[], form: ListForm): string {
  if (form === "txt") return hits.map(({ path }) => `${path}\n`).join("");
  if (form === "csv") {
    const rows = hits.map((hit) => COLUMNS.map((column) => cell(fieldOf(hit, column))).join(","));
    return `${[COLUMNS.join(","), ...rows].join("\r\n")}\r\n`;
  }
  // Addresses of pictures end within the hour.
  return `${JSON.stringify(
    hits.map(({ thumbnail: _, picture: __, ...rest }) => rest),
    undefined,
    2,
  )}\n`;
}

export const TYPES: Readonly<Record<ListForm, string>> = {
  txt: "text/plain",
  csv: "text/csv",
  json: "application/json",
};
