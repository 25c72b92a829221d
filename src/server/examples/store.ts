import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { asClipError, ClipError } from "../../errors.js";
import type { Adapter } from "../../fewshot/adapter.js";
import { readAdapter, writeAdapter } from "../../fewshot/adapter-file.js";
import { makeFolder } from "../../models/folder.js";
import { Turns } from "../queue/turns.js";

/** With pictures of fewer labels nothing says how much pictures should count beside words. */
export const LEAST_LABELS = 2;

/** Sets that are held in memory: 2,000 pictures are 12 MB of the starter's vectors; others are read again. */
const MOST_HELD = 16;

/** What was read of a file, and of which one. */
interface Held {
  readonly stamp: string;
  readonly adapter: Adapter;
}

/**
 * What label sets learnt from pictures: a file a set and model under a folder, read again where another server wrote it. Without
 * a folder nothing is kept.
 */
export class ExampleStore {
  readonly #folder: string | undefined;
  readonly #onDamaged: (message: string) => void;
  readonly #held = new Map<string, Held>();
  readonly #marks = new Map<string, number>();
  readonly #changes = new Turns();

  constructor(folder: string | undefined, onDamaged: (message: string) => void = () => {}) {
    this.#folder = folder;
    this.#onDamaged = onDamaged;
  }

  /** Changes where a set's examples did on this server: what was computed of them is of no use then. */
  mark(set: string): number {
    return this.#marks.get(set) ?? 0;
  }

  /** One change after the other. Raises `server.off` where nothing is kept. */
  async change<T>(work: () => Promise<T>): Promise<T> {
    if (this.#folder === undefined)
      throw new ClipError(
        "server.off",
        "Expected a server that keeps examples but this one has no folder for them.",
      );
    return this.#changes.run(work);
  }

  /** What a set learnt for a model of this revision. Raises `fewshot.adapter` for a damaged file. */
  async get(set: string, revision: string): Promise<Adapter | undefined> {
    if (this.#folder === undefined) return undefined;
    const path = this.#pathOf(set, revision);
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw error;
    });
    if (!found) return undefined;
    const stamp = `${found.ino} ${found.mtimeMs} ${found.size}`;
    const held = this.#held.get(path);
    const adapter = held?.stamp === stamp ? held.adapter : readAdapter(path);
    // The newest last.
    this.#held.delete(path);
    this.#held.set(path, { stamp, adapter });
    const [oldest] = this.#held.keys();
    if (this.#held.size > MOST_HELD && oldest !== undefined) this.#held.delete(oldest);
    return adapter;
  }

  /** What answers are changed by, if anything is; a damaged file is told to the operator, and the words answer alone. */
  async find(set: string, revision: string): Promise<Adapter | undefined> {
    try {
      const found = await this.get(set, revision);
      return found && new Set(found.truth).size >= LEAST_LABELS ? found : undefined;
    } catch (error) {
      const { message } = asClipError(error, "fewshot.adapter");
      this.#onDamaged(`The examples of ${set} are left out: ${message}`);
      return undefined;
    }
  }

  /** Keeps what a set learnt. */
  async put(set: string, adapter: Adapter): Promise<void> {
    await makeFolder(join(this.#folder!, set));
    await writeAdapter(this.#pathOf(set, adapter.model.revision), adapter);
    this.#changed(set);
  }

  /** Forgets what a set learnt: for one model, or for all. */
  async remove(set: string, revision?: string): Promise<void> {
    if (this.#folder === undefined) return;
    if (revision === undefined) await rm(join(this.#folder, set), { recursive: true, force: true });
    else await rm(this.#pathOf(set, revision), { force: true });
    this.#changed(set);
  }

  #pathOf(set: string, revision: string): string {
    return join(this.#folder!, set, `${revision.slice(0, 16)}.safetensors`);
  }

  #changed(set: string): void {
    this.#marks.set(set, this.mark(set) + 1);
  }
}
