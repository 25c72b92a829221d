import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ClipError, cannotWrite } from "../errors.js";
import { NPY_HEADER_BYTES, npyHeader, npyRow } from "../math/npy.js";
import type { Embedding } from "../math/unit.js";
import { partialName, publishFile, writeFileAtomic } from "../models/atomic.js";
import { makeFolder } from "../models/folder.js";
import { errorJson } from "./output.js";

/** One answer: what was embedded, and its vector or its error. */
export interface Row {
  readonly kind: "image" | "text";
  readonly name: string;
  readonly result: Embedding | ClipError;
}

/** What is said of the model beside its vectors. */
export interface VectorModel {
  readonly model: string;
  readonly revision: string;
  readonly dim: number;
}

/** A row as programs read it. */
export function rowJson({ kind, name, result }: Row): object {
  return result instanceof ClipError
    ? { [kind]: name, error: errorJson(result) }
    : { [kind]: name, embedding: Array.from(result) };
}

/** Takes vectors one by one, so that memory stays flat; left without `finish` it leaves no file. */
export interface VectorFile extends AsyncDisposable {
  add(row: Row): Promise<void>;
  /** Gives the file its name. */
  finish(): Promise<void>;
}

/** Opens FILE.npy (with FILE.npy.json, because an .npy file holds numbers only) or FILE.jsonl. Raises `usage.out`. */
export async function openVectorFile(path: string, model: VectorModel): Promise<VectorFile> {
  const partial = partialName(path);
  try {
    await makeFolder(dirname(path));
    const handle = await open(partial, "wx");
    const write = path.endsWith(".npy") ? npyWriter(handle, path, model) : jsonlWriter(handle);
    let published = false;
    let closed = false;
    return {
      add: (row) => orUsage(path, () => write.add(row)),
      finish: () =>
        orUsage(path, async () => {
          await write.end();
          await handle.sync();
          await handle.close();
          closed = true;
          await publishFile(partial, path);
          published = true;
          await write.published();
        }),
      async [Symbol.asyncDispose]() {
        if (published) return;
        if (!closed) await handle.close();
        await rm(partial, { force: true });
      },
    };
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** A full disk, a folder of that name: whatever keeps the file from being written, in one sentence. */
async function orUsage(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

interface Writer {
  add(row: Row): Promise<void>;
  /** Completes the file's content. */
  end(): Promise<void>;
  /** After the file has its name. */
  published(): Promise<void>;
}

function jsonlWriter(handle: FileHandle): Writer {
  return {
    add: async (row) => {
      await handle.write(`${JSON.stringify(rowJson(row))}\n`);
    },
    end: async () => {},
    published: async () => {},
  };
}

/** Rows that failed are no rows of the numbers; the index beside it says which row is what, and what failed. */
function npyWriter(handle: FileHandle, path: string, model: VectorModel): Writer {
  const rows: object[] = [];
  const errors: object[] = [];
  let end = NPY_HEADER_BYTES;
  return {
    async add(row) {
      if (row.result instanceof ClipError) {
        errors.push(rowJson(row));
        return;
      }
      rows.push({ [row.kind]: row.name });
      const bytes = npyRow(row.result);
      await handle.write(bytes, 0, bytes.length, end);
      end += bytes.length;
    },
    async end() {
      await handle.write(npyHeader(rows.length, model.dim), 0, NPY_HEADER_BYTES, 0);
    },
    async published() {
      await writeFileAtomic(`${path}.json`, `${JSON.stringify({ ...model, rows, errors }, null, 1)}\n`);
    },
  };
}
