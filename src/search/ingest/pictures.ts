import type { EncodedImage } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import type { PictureFacts } from "../../image/facts.js";
import { type Row, rowId } from "../row.js";
import { type Job, type ReadJob, readAhead } from "./read-ahead.js";
import { type HashedFile, reuse } from "./reuse.js";
import type { Run } from "./run.js";

/** Encoded pictures in memory, bytes: above it the encoder gets no more until it has given back what it has. */
const MOST_IN_FLIGHT = 256 * 1024 * 1024;
/** Files of known content that are looked up together. */
const LOOKED_UP = 256;

/** A picture on its way through the encoder. */
interface InFlight extends HashedFile {
  readonly size: number;
}

/** Facts without which there is no row. Raises `search.options`. */
export function factsOf({ facts }: EncodedImage): PictureFacts {
  if (facts) return facts;
  throw new ClipError(
    "search.options",
    "Expected a model that says what it knows of a picture (facts) but it gives vectors alone, as ensembles do.",
  );
}

/** A file and what was seen of it → its row. */
export function rowOf(
  file: Omit<HashedFile, "kind" | "state">,
  time: number | null,
  facts: PictureFacts,
  vector: Float32Array,
  indexed: number,
): Row {
  const { path, hash, bytes, modified } = file;
  const id = rowId(path, time);
  return { id, path, time, hash, bytes, modified, ...facts, labels: [], caption: null, indexed, vector };
}

/** Pictures → rows in the store. What one of them lacks is told of it alone; raises what the store and the model raise. */
export class PictureStep {
  readonly #run: Run;
  /** Content that the store may have. */
  #known: HashedFile[] = [];

  constructor(run: Run) {
    this.#run = run;
  }

  async index(jobs: readonly Job[]): Promise<void> {
    const { read, lookUp = (files) => files } = this.#run;
    await this.#encodeAll(lookUp(readAhead(jobs, read)));
    const unknown = await this.#reuseKnown();
    // Gone from the store since the run began: as if it had never been there.
    if (unknown.length > 0) await this.#encodeAll(readAhead(unknown, read), true);
  }

  /** Each round of the encoder takes pictures until too many bytes are in memory. */
  async #encodeAll(files: AsyncGenerator<ReadJob>, anew = false): Promise<void> {
    let next = await this.#next(files, anew);
    while (next) {
      const flying: InFlight[] = [];
      let size = 0;
      const self = this;
      const inputs = async function* (): AsyncGenerator<Uint8Array> {
        while (next && (size === 0 || size + next.file.size <= MOST_IN_FLIGHT)) {
          const { file, bytes } = next;
          flying.push(file);
          size += file.size;
          yield bytes;
          next = await self.#next(files, anew);
        }
      };
      const { encoder, thumbnail } = this.#run;
      const facts = thumbnail === undefined ? {} : { thumbnail };
      for await (const encoded of encoder.encodeImageStream(inputs(), { facts })) {
        const file = flying.shift()!;
        size -= file.size;
        await this.#take(file, encoded);
      }
    }
  }

  /** The next file that has to be computed; undefined where there is none, or the run is to end. */
  async #next(
    files: AsyncGenerator<ReadJob>,
    anew: boolean,
  ): Promise<{ readonly file: InFlight; readonly bytes: Uint8Array } | undefined> {
    const { signal, snapshot, tally } = this.#run;
    while (!signal?.aborted) {
      const { value, done } = await files.next();
      if (done) return undefined;
      const { job, read } = value;
      if (read instanceof ClipError) {
        tally.fail(job.path, read);
        this.#run.step();
        continue;
      }
      const { bytes, hash } = read;
      if (anew || !snapshot.knows(hash)) return { file: { ...job, hash, size: bytes.length }, bytes };
      this.#known.push({ ...job, hash });
    }
    return undefined;
  }

  async #take(file: InFlight, encoded: EncodedImage): Promise<void> {
    const { tally, writer, snapshot } = this.#run;
    if (encoded.result instanceof ClipError) {
      tally.fail(file.path, encoded.result);
      this.#run.step();
      return;
    }
    const row = rowOf(file, null, factsOf(encoded), encoded.result, this.#run.now());
    await writer.add([row], () => {
      snapshot.learn(file.hash);
      tally.add(file.state === "new" ? "added" : "changed");
    });
    this.#run.step();
  }

  /** Known content gets its rows → the files whose content the store does not have after all. */
  async #reuseKnown(): Promise<Job[]> {
    const unknown: Job[] = [];
    const known = this.#known;
    this.#known = [];
    // What was added in this run is looked up, too.
    if (known.length > 0) await this.#run.writer.flush();
    for (let from = 0; from < known.length && !this.#run.signal?.aborted; from += LOOKED_UP) {
      unknown.push(...(await reuseFiles(this.#run, known.slice(from, from + LOOKED_UP))));
    }
    return unknown;
  }
}

/** Files of known content get their rows → those whose content no row has. */
export async function reuseFiles(run: Run, files: readonly HashedFile[]): Promise<HashedFile[]> {
  const { store, writer, tally, step } = run;
  const reused = await reuse(store, files, run);
  const changes = reused.flatMap((one) => one?.changes ?? []);
  if (changes.length > 0) await store.patch(changes);
  for (const one of reused) {
    if (!one) continue;
    if (one.rows.length > 0) await writer.add(one.rows, () => tally.add(one.how));
    else tally.add(one.how);
    step();
  }
  return files.filter((_, i) => reused[i] === undefined);
}
