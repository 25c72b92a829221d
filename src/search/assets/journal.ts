import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { asClipError, ClipError } from "../../errors.js";
import { writeNewFile } from "../../models/atomic.js";
import { JsonObject } from "../../models/json.js";
import { readTextFile } from "../../models/text-file.js";
import type { Row } from "../row.js";

/** A file that is moved, and what has to be known to put it back. */
export interface Move {
  readonly from: string;
  readonly to: string;
  /** SHA-256 of its bytes; null: not looked at (sidecars). */
  readonly hash: string | null;
  /** The store's rows of the file: put back with it, so that nothing is computed again. */
  readonly rows: readonly Row[];
}

/** What one call moved. */
export interface Batch {
  readonly id: string;
  /** When, ms since 1970. */
  readonly made: number;
  readonly moves: readonly Move[];
}

export const JOURNAL = "journal.jsonl";
/** Bytes of a journal: 100,000 files with vectors of 1,024 numbers are 600 MB; one text holds 512 MB. */
const MOST_BYTES = 480 * 1024 * 1024;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

function rowText({ vector, thumbnail, ...facts }: Row): object {
  const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  return { ...facts, vector: base64(bytes), thumbnail: thumbnail && base64(thumbnail) };
}

function rowOf(fields: Readonly<Record<string, unknown>>): Row {
  const { vector, thumbnail, ...facts } = fields as Record<string, unknown> & { vector: string };
  const bytes = Uint8Array.from(Buffer.from(vector, "base64"));
  return {
    ...facts,
    vector: new Float32Array(bytes.buffer),
    thumbnail: typeof thumbnail === "string" ? Uint8Array.from(Buffer.from(thumbnail, "base64")) : null,
  } as unknown as Row;
}

/** Writes what is about to be moved, whole and synced, before anything is. Raises `search.trash`. */
export async function writeJournal(folder: string, { id, made, moves }: Batch): Promise<void> {
  const lines = [{ batch: id, made }, ...moves.map((move) => ({ ...move, rows: move.rows.map(rowText) }))];
  const text = `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`;
  try {
    if (text.length <= MOST_BYTES && (await writeNewFile(join(folder, JOURNAL), text))) return;
  } catch (error) {
    throw asClipError(error, "search.trash");
  }
  throw new ClipError(
    "search.trash",
    text.length > MOST_BYTES
      ? `Expected a journal of at most ${MOST_BYTES} bytes but ${moves.length} files need ${text.length}: move fewer at once.`
      : `Expected no journal at ${folder} but there is one.`,
  );
}

/** Raises `search.trash` where the journal is not there or damaged. */
export async function readJournal(folder: string): Promise<Batch> {
  const path = join(folder, JOURNAL);
  const text = await readTextFile(path, {
    code: "search.trash",
    what: "a journal of moved files",
    most: MOST_BYTES,
  });
  const [head, ...lines] = text.trimEnd().split("\n");
  const top = JsonObject.parse(head!, `${path}: line 1`, "search.trash");
  const moves = lines.map((line, i): Move => {
    const one = JsonObject.parse(line, `${path}: line ${i + 2}`, "search.trash");
    const rows = Array.isArray(one.fields.rows) ? (one.fields.rows as Record<string, unknown>[]) : [];
    return {
      from: one.string("from"),
      to: one.string("to"),
      hash: one.has("hash") ? one.string("hash") : null,
      rows: rows.map(rowOf),
    };
  });
  return { id: top.string("batch"), made: top.number("made"), moves };
}

/** Batches of a trash folder that can be undone, the newest first. */
export async function listBatches(trash: string): Promise<string[]> {
  const names = await readdir(trash, { withFileTypes: true }).catch(() => []);
  return names
    .filter((entry) => entry.isDirectory() && /^\d{8}T\d{9}Z-[0-9a-f]{6}$/.test(entry.name))
    .map(({ name }) => name)
    .sort()
    .reverse();
}
