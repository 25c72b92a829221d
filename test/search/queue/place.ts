import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelOf } from "../../../src/search/ingest/model.js";
import { type CoordinateOptions, indexByQueue } from "../../../src/search/queue/coordinate.js";
import { type WorkOptions, work } from "../../../src/search/queue/work.js";
import { openStore } from "../../../src/search/store/open.js";
import type { Store } from "../../../src/search/store/store.js";
import { pixelEncoder } from "../../support/pixel-encoder.js";
import { picture } from "../ingest/scene.js";

export const MODEL = modelOf(pixelEncoder());

/** A folder of pictures, and a database that is a folder beside it. */
export class Place implements Disposable {
  readonly top = realpathSync(mkdtempSync(join(tmpdir(), "zeroclip-queue-")));
  readonly photos = join(this.top, "photos");
  readonly db = join(this.top, "db");

  constructor(readonly queue: string) {}

  async pictures(from: number, to: number): Promise<void> {
    await mkdir(this.photos, { recursive: true });
    for (let n = from; n < to; n++) await writeFile(join(this.photos, `${n}.png`), await picture(n));
  }

  open(address = this.db): Promise<Store> {
    return openStore(address, { model: MODEL, create: true, version: "test" });
  }

  /** What the coordinator does, quick to try again. */
  async index(options: Partial<CoordinateOptions> = {}) {
    await using store = options.store ?? (await this.open());
    const model = { spec: "pixels", identity: MODEL };
    return await indexByQueue([this.photos], {
      ...{ store, model, queue: this.queue, attempts: 3, backoffMs: 20 },
      ...options,
    });
  }

  /** A worker in this process; stops it when it is disposed of. */
  async worker(options: Partial<WorkOptions> = {}): Promise<AsyncDisposable> {
    const stop = new AbortController();
    let isReady = (): void => undefined;
    const ready = new Promise<void>((resolve) => {
      isReady = resolve;
    });
    const done = work({
      queue: this.queue,
      openModel: async () => pixelEncoder(),
      openStore: (address, model) => openStore(address, { model, version: "test" }),
      signal: stop.signal,
      onReady: isReady,
      ...options,
    });
    await Promise.race([ready, done]);
    return {
      async [Symbol.asyncDispose]() {
        stop.abort();
        await done;
      },
    };
  }

  /** Names of the pictures that the database has, sorted by number. */
  async rows(address = this.db): Promise<string[]> {
    await using store = await this.open(address);
    const names: string[] = [];
    for await (const rows of store.scan({ columns: ["path"] })) {
      names.push(...rows.map(({ path }) => path.replace(`${this.photos}/`, "")));
    }
    return names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  }

  [Symbol.dispose](): void {
    rmSync(this.top, { recursive: true, force: true });
  }
}

export const names = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${from + i}.png`);
