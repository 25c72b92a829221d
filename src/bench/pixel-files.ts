import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "../image/decode.js";
import { imageOptions } from "../image/options.js";
import { preprocess } from "../image/preprocess.js";

/** A file of u8 [count, size, size, 3]. */
export interface PixelFile {
  readonly file: string;
  readonly count: number;
  readonly size: number;
}

/** The same pictures for every contender, cut as CLIP does, a file for each size; gone when it is closed. */
export class PixelFiles implements AsyncDisposable {
  readonly #made = new Map<string, Promise<PixelFile>>();
  #folder: Promise<string> | undefined;

  constructor(readonly pictures: readonly string[]) {}

  /** `count` squares of `size` pixels, from the first picture on and again. */
  of(size: number, count: number): Promise<PixelFile> {
    const key = `${size} ${count}`;
    const known = this.#made.get(key);
    if (known) return known;
    const made = this.#make(size, count);
    this.#made.set(key, made);
    return made;
  }

  async #make(size: number, count: number): Promise<PixelFile> {
    this.#folder ??= mkdtemp(join(tmpdir(), "zeroclip-pixels-"));
    const file = join(await this.#folder, `${size}-${count}.bin`);
    const options = imageOptions({});
    const rules = { size, resizeTo: size, filter: "bicubic", style: "openai" } as const;
    const squares: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const bytes = new Uint8Array(await readFile(this.pictures[i % this.pictures.length]!));
      squares.push(...preprocess(await decode(bytes, options), rules, options, "center"));
    }
    await writeFile(file, Buffer.concat(squares));
    return { file, count, size };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder) await rm(await this.#folder, { recursive: true, force: true });
  }
}
