import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { asClipError, ClipError } from "../../errors.js";
import { frameRows } from "./frames.js";
import { reuseFiles } from "./pictures.js";
import type { Job } from "./read-ahead.js";
import type { HashedFile } from "./reuse.js";
import type { Run } from "./run.js";

/** SHA-256 of a file of any size. Raises `input.file`. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const part of createReadStream(path, signal ? { signal } : {}))
      hash.update(part as Uint8Array);
  } catch (error) {
    throw asClipError(error, signal?.aborted ? "aborted" : "input.file");
  }
  return hash.digest("hex");
}

/** Rows of a video of other content than it has now: of a cut that it has no more. */
async function removeOthers(run: Run, { path, hash }: HashedFile): Promise<void> {
  const stale: string[] = [];
  for await (const rows of run.store.scan({ filter: { paths: [path] }, columns: ["hash"] })) {
    stale.push(...rows.filter((row) => row.hash !== hash).map(({ id }) => id));
  }
  if (stale.length > 0) await run.store.remove(stale);
}

/** Videos → rows of their key frames. Those of one video come into the store together. */
export class VideoStep {
  readonly #run: Run;
  readonly #most: number;
  /** ffmpeg is not there: told of each video, tried once. */
  #without: ClipError | undefined;

  constructor(run: Run, most: number) {
    this.#run = run;
    this.#most = most;
  }

  async index(jobs: readonly Job[]): Promise<void> {
    const { signal, tally, step } = this.#run;
    for (const job of jobs) {
      if (signal?.aborted) return;
      try {
        if (this.#without) throw this.#without;
        await this.#video(job);
      } catch (error) {
        const failed = asClipError(error, "live.source");
        if (failed.code === "live.ffmpeg") this.#without = failed;
        if (failed.code === "aborted" || failed.code.startsWith("search.")) throw error;
        tally.fail(job.path, failed);
        step();
      }
    }
  }

  async #video(job: Job): Promise<void> {
    const { signal, snapshot, writer, tally, step } = this.#run;
    const file: HashedFile = { ...job, hash: await hashFile(job.path, signal) };
    if (snapshot.knows(file.hash)) {
      await writer.flush();
      const unknown = await reuseFiles(this.#run, [file]);
      if (unknown.length === 0) {
        await writer.flush();
        if (file.state === "changed") await removeOthers(this.#run, file);
        return;
      }
    }
    const rows = await frameRows(this.#run, file, this.#most);
    if (signal?.aborted) return;
    if (rows.length === 0) {
      throw new ClipError("live.source", `Expected frames in the video ${file.path} but it has none.`);
    }
    await writer.add(rows, () => {
      snapshot.learn(file.hash);
      tally.add(file.state === "new" ? "added" : "changed");
      tally.add("frames", rows.length);
    });
    if (file.state === "changed") {
      await writer.flush();
      await removeOthers(this.#run, file);
    }
    step();
  }
}
