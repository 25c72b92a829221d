import { type FileHandle, open, readFile, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { asClipError, ClipError } from "../../errors.js";
import { writeNewFile } from "../../models/atomic.js";
import { makeFolder } from "../../models/folder.js";
import { JsonObject } from "../../models/json.js";
import { acquireLock } from "../../models/lock.js";
import { checkModel } from "../store/identity.js";
import type { StoreModel } from "../store/store.js";
import { checkProduct, type Product } from "./product.js";

/** One change of a catalogue, as its feed tells it; numbers rise by one. */
export type Change =
  | { readonly seq: number; readonly at: number; readonly change: "put"; readonly product: Product }
  | { readonly seq: number; readonly at: number; readonly change: "remove"; readonly id: string };

/** A change with the vectors that came with it: one for the product's words, then one a picture. */
export interface LoggedChange {
  readonly change: Change;
  readonly vectors: readonly Float32Array[];
}

/** Bytes of a line: 200 pictures' paths and a page of description in some languages. */
const MOST_LINE = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

function damaged(path: string, what: string): ClipError {
  return new ClipError("search.catalogue", `Expected ${path} to be a catalogue's but ${what}.`);
}

/**
 * The change feed of a catalogue, in a folder: `changes.jsonl`, one line a change, only ever added to, and `vectors.f32` beside it. A
 * change is there once its line is whole; vectors are written before it. Half a line at the end, of a process that was killed, is passed over.
 */
export class ChangeLog {
  readonly #folder: string;
  readonly #dim: number;
  #read = 0;
  #next = 1;

  private constructor(
    folder: string,
    readonly model: StoreModel,
  ) {
    this.#folder = folder;
    this.#dim = model.dim;
  }

  /** Raises `search.missing`, `search.model`, `search.catalogue`. */
  static async open(folder: string, model: StoreModel | undefined, create: boolean): Promise<ChangeLog> {
    const path = join(folder, "catalogue.json");
    try {
      if (create && model && !(await stat(path).catch(() => undefined))) {
        await makeFolder(folder);
        await writeNewFile(path, `${JSON.stringify({ format: 1, model }, null, 2)}\n`);
      }
    } catch (error) {
      const there = await stat(folder).catch(() => undefined);
      if (!there || there.isDirectory()) throw asClipError(error, "search.catalogue");
      const message = `Expected a folder for a catalogue at ${folder} but it is a file.`;
      throw new ClipError("search.catalogue", message, { cause: error });
    }
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      throw new ClipError("search.missing", `Expected a catalogue in ${folder} but there is none.`, {
        cause: error,
      });
    });
    const found = JsonObject.parse(text, path, "search.catalogue").object("model");
    const stored: StoreModel = {
      name: found.string("name"),
      revision: found.string("revision"),
      precision: found.oneOf("precision", ["fp32", "fp16", "int8", "mixed"] as const),
      dim: found.integer("dim", 1, 65_536),
    };
    if (model) checkModel(stored, model, folder);
    return new ChangeLog(folder, stored);
  }

  get #feed(): string {
    return join(this.#folder, "changes.jsonl");
  }

  get #vectors(): string {
    return join(this.#folder, "vectors.f32");
  }

  /** Changes since the last call, of this and other processes, in order. */
  async refresh(): Promise<LoggedChange[]> {
    const size = (await stat(this.#feed).catch(() => undefined))?.size ?? 0;
    if (size <= this.#read) return [];
    const feed = await open(this.#feed, "r");
    const vectors = await open(this.#vectors, "r").catch(() => undefined);
    try {
      const bytes = Buffer.alloc(size - this.#read);
      await feed.read(bytes, 0, bytes.length, this.#read);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      const found: LoggedChange[] = [];
      for (const line of bytes.toString("utf8", 0, end).split("\n")) {
        if (line !== "") found.push(await this.#parsed(line, vectors));
      }
      this.#read += end;
      return found;
    } finally {
      await feed.close();
      await vectors?.close();
    }
  }

  async #parsed(line: string, vectors: FileHandle | undefined): Promise<LoggedChange> {
    const fields = JsonObject.parse(line.slice(0, MOST_LINE), this.#feed, "search.catalogue");
    const seq = fields.integer("seq", 1, Number.MAX_SAFE_INTEGER);
    if (seq !== this.#next) throw damaged(this.#feed, `change ${seq} follows ${this.#next - 1}`);
    this.#next = seq + 1;
    const at = fields.number("at");
    if (fields.string("change") === "remove") {
      return { change: { seq, at, change: "remove", id: fields.string("id") }, vectors: [] };
    }
    const product = checkProduct(fields.object("product").fields, `change ${seq} of ${this.#feed}`);
    const [from, count] = [
      fields.integer("from", 0, Number.MAX_SAFE_INTEGER),
      fields.integer("count", 1, 1_000),
    ];
    const width = 4 * this.#dim;
    const bytes = Buffer.alloc(count * width);
    const got = await vectors?.read(bytes, 0, bytes.length, from * width);
    if (got?.bytesRead !== bytes.length) throw damaged(this.#vectors, "it ends early");
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, count * this.#dim);
    const list = Array.from({ length: count }, (_, i) => values.slice(i * this.#dim, (i + 1) * this.#dim));
    return { change: { seq, at, change: "put", product }, vectors: list };
  }

  /** Adds changes, all synced when it resolves; then `refresh` gives them. Waits for other processes that write. */
  async add(
    changes: readonly ({ product: Product; vectors: readonly Float32Array[] } | { id: string })[],
  ): Promise<void> {
    await using _lock = await acquireLock(join(this.#folder, "catalogue.lock"));
    const before = await this.#end();
    const [feed, vectors] = [await open(this.#feed, "a"), await open(this.#vectors, "a")];
    try {
      const width = 4 * this.#dim;
      const { size } = await vectors.stat();
      let from = Math.floor(size / width);
      if (size % width !== 0) await truncate(this.#vectors, from * width);
      let { seq } = before;
      const [lines, parts]: [string[], Uint8Array[]] = [[], []];
      for (const change of changes) {
        const head = { seq: ++seq, at: Date.now() };
        if ("id" in change) {
          lines.push(JSON.stringify({ ...head, change: "remove", id: change.id }));
          continue;
        }
        const count = change.vectors.length;
        lines.push(JSON.stringify({ ...head, change: "put", product: change.product, from, count }));
        for (const { buffer, byteOffset, byteLength } of change.vectors) {
          parts.push(new Uint8Array(buffer, byteOffset, byteLength));
        }
        from += count;
      }
      await vectors.appendFile(Buffer.concat(parts));
      await vectors.sync();
      await feed.appendFile(lines.map((line) => `${line}\n`).join(""));
      await feed.sync();
    } catch (error) {
      throw asClipError(
        error,
        (error as NodeJS.ErrnoException).code === "ENOSPC" ? "search.disk" : "search.catalogue",
      );
    } finally {
      await feed.close();
      await vectors.close();
    }
  }

  /** The last number of the feed, after half a line at its end was cut away. */
  async #end(): Promise<{ seq: number }> {
    const text = await readFile(this.#feed).catch(() => Buffer.alloc(0));
    const end = text.lastIndexOf(NEWLINE) + 1;
    if (end < text.length) await truncate(this.#feed, end);
    const start = end < 2 ? 0 : text.lastIndexOf(NEWLINE, end - 2) + 1;
    if (end === 0) return { seq: 0 };
    const line = text.toString("utf8", start, end - 1);
    return {
      seq: JsonObject.parse(line, this.#feed, "search.catalogue").integer("seq", 1, Number.MAX_SAFE_INTEGER),
    };
  }
}
