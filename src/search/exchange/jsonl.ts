import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ClipError, cannotWrite } from "../../errors.js";
import { NPY_HEADER_BYTES, npyHeader, npyRow, npyShape } from "../../math/npy.js";
import { partialName, publishFile, writeFileAtomic } from "../../models/atomic.js";
import { makeFolder } from "../../models/folder.js";
import type { Row } from "../row.js";
import type { StoreModel } from "../store/store.js";
import { BATCH, cannotRead, type RowReader, type RowWriter } from "./files.js";
import { modelOfJson, recordOf, rowOfRecord } from "./record.js";

/** The vectors beside F.jsonl, and what is said of their model. */
const vectorsOf = (path: string): string => path.replace(/\.jsonl$/, ".npy");
const aboutOf = (path: string): string => `${vectorsOf(path)}.json`;

/** Characters of F.npy.json: a few lines. */
const MOST_ABOUT = 65_536;
/** Characters of a line: a row with labels, caption and thumbnail at their bounds. */
const MOST_LINE = 4_000_000;

/** F.jsonl (a row a line), F.npy (line n's vector in row n, float32) and F.npy.json (the model). */
export async function writeJsonl(path: string, model: StoreModel): Promise<RowWriter> {
  const names = [path, vectorsOf(path)];
  const partials = names.map(partialName);
  const files: FileHandle[] = [];
  let count = 0;
  const close = async (): Promise<void> => {
    for (const file of files.splice(0)) await file.close();
  };
  try {
    await makeFolder(dirname(path));
    for (const partial of partials) files.push(await open(partial, "wx"));
    await files[1]!.write(Buffer.alloc(NPY_HEADER_BYTES));
  } catch (error) {
    await close();
    throw cannotWrite(path, error);
  }
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      throw cannotWrite(path, error);
    }
  };
  return {
    add: (rows) =>
      guarded(async () => {
        const lines = rows.map(({ vector: _, ...row }) => `${JSON.stringify(recordOf(row))}\n`);
        await files[0]!.writeFile(lines.join(""));
        await files[1]!.writeFile(Buffer.concat(rows.map(({ vector }) => npyRow(vector))));
        count += rows.length;
      }),
    finish: () =>
      guarded(async () => {
        await files[1]!.write(npyHeader(count, model.dim), 0, NPY_HEADER_BYTES, 0);
        for (const file of files) await file.sync();
        await close();
        await writeFileAtomic(aboutOf(path), `${JSON.stringify({ ...model, rows: count })}\n`);
        // The lines last: they are what is asked for.
        for (const i of [1, 0]) await publishFile(partials[i]!, names[i]!);
      }),
    async [Symbol.asyncDispose]() {
      await close();
      for (const partial of partials) await rm(partial, { force: true });
    },
  };
}

/** Raises `search.import` where one of the three files is not there, or they don't go together. */
export async function readJsonl(path: string): Promise<RowReader> {
  const [vectors, about] = [vectorsOf(path), aboutOf(path)];
  try {
    if ((await stat(about)).size > MOST_ABOUT) throw new Error("it is too long");
    const model = modelOfJson(JSON.parse(await readFile(about, "utf8")), about);
    await stat(path);
    const file = await open(vectors);
    const head = Buffer.alloc(NPY_HEADER_BYTES);
    await file.read(head, 0, NPY_HEADER_BYTES, 0);
    const shape = npyShape(head);
    const size = (await file.stat()).size;
    const [rows = 0, dim = 0] = shape ?? [];
    if (dim !== model.dim || size !== NPY_HEADER_BYTES + rows * dim * 4) {
      await file.close();
      throw new ClipError(
        "search.import",
        `Expected float32 rows of ${model.dim} numbers in ${vectors} but it holds ${shape?.join(" × ") ?? "something else"} in ${size} bytes.`,
      );
    }
    return {
      model,
      rows,
      read: () => readRows(path, file, { rows, dim }),
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    throw cannotRead(path, error);
  }
}

/** Lines of a file; one that is too long is never in memory as a whole. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = "";
  for await (const part of createReadStream(path, "utf8")) {
    const lines = (rest + String(part)).split("\n");
    rest = lines.pop()!;
    yield* lines;
    if (rest.length > MOST_LINE) break;
  }
  if (rest !== "") yield rest;
}

async function* readRows(
  path: string,
  file: FileHandle,
  { rows, dim }: { readonly rows: number; readonly dim: number },
): AsyncGenerator<Row[]> {
  const wrong = (what: string): ClipError =>
    new ClipError("search.import", `Expected ${rows} lines in ${path} but ${what}.`);
  let batch: Row[] = [];
  let count = 0;
  let vectors: Float32Array = new Float32Array();
  for await (const line of linesOf(path)) {
    if (line.length > MOST_LINE) throw wrong(`line ${count + 1} has ${line.length} characters`);
    if (count === rows) throw wrong("there are more");
    if (count % BATCH === 0) vectors = await readVectors(file, count, Math.min(BATCH, rows - count), dim);
    const at = (count % BATCH) * dim;
    const place = `line ${count + 1} of ${path}`;
    batch.push(rowOfRecord(parsed(line, place), vectors.slice(at, at + dim), place));
    count += 1;
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (count < rows) throw wrong(`there are ${count}`);
  if (batch.length > 0) yield batch;
}

function parsed(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new ClipError("search.import", `Expected JSON in ${place} but ${(error as Error).message}.`);
  }
}

async function readVectors(file: FileHandle, from: number, rows: number, dim: number): Promise<Float32Array> {
  const bytes = Buffer.alloc(rows * dim * 4);
  await file.read(bytes, 0, bytes.length, NPY_HEADER_BYTES + from * dim * 4);
  return Float32Array.from({ length: rows * dim }, (_, i) => bytes.readFloatLE(4 * i));
}
