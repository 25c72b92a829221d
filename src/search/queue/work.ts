import type { Job, Worker } from "bullmq";
import type { Encoder } from "../../encoder.js";
import { asClipError, type ClipError } from "../../errors.js";
import { Sources, type SourcesOptions } from "../ingest/sources.js";
import type { Store, StoreModel } from "../store/store.js";
import { type Batch, type BatchResult, MOST_FILES, parseBatch } from "./batch.js";
import { connectQueue, PREFIX, QUEUE, queueError } from "./connection.js";
import { indexBatch } from "./index-batch.js";

/** A model that may be closed. */
export type OpenEncoder = Encoder & Partial<AsyncDisposable>;

/** What a worker tells of each batch. */
export interface WorkEvent {
  readonly db: string;
  readonly files: number;
  readonly result?: BatchResult;
  /** Why it failed; it is tried again later, or is a dead letter. */
  readonly error?: ClipError;
}

export interface WorkOptions {
  /** `redis://…` */
  readonly queue: string;
  /** What it is called where somebody looks at the queue. */
  readonly name?: string;
  /** Opens a model as a coordinator named it. */
  readonly openModel: (spec: string) => Promise<OpenEncoder>;
  readonly openStore: (address: string, model: StoreModel) => Promise<Store>;
  readonly s3?: SourcesOptions["s3"];
  /** Most files a second, of all workers together that are given a rate. */
  readonly rate?: number;
  /** After how long, ms, the batch of a worker that is silent goes to another; default 30 s. */
  readonly takeoverMs?: number;
  /** When it fires, the batch in hand is finished; then `work` resolves. */
  readonly signal?: AbortSignal;
  readonly onReady?: () => void;
  readonly onBatch?: (event: WorkEvent) => void;
}

const TAKEOVER_MS = 30_000;
/** How often a batch may lose its worker before it is a dead letter: a picture that ends every process is found out so. */
const MOST_STALLED = 10;
/** Errors that no second try mends. */
const FINAL = /^(search\.(model|address|missing|options|queue)|model\.|quantize\.)/;

/** What a worker has open: one model, and the databases of its last batches. */
class Open implements AsyncDisposable {
  readonly #options: WorkOptions;
  readonly #sources: Sources;
  readonly #stores = new Map<string, Store>();
  #model: { readonly spec: string; readonly encoder: OpenEncoder } | undefined;

  constructor(options: WorkOptions) {
    this.#options = options;
    this.#sources = new Sources(options.s3 ? { s3: options.s3 } : {});
  }

  async index(batch: Batch): Promise<BatchResult> {
    const encoder = await this.#encoder(batch.model.spec);
    const store =
      this.#stores.get(batch.db) ?? (await this.#options.openStore(batch.db, batch.model.identity));
    this.#stores.set(batch.db, store);
    try {
      return await indexBatch(batch, { store, encoder, sources: this.#sources });
    } catch (error) {
      // Opened anew at the next try: its server may have been started anew.
      this.#stores.delete(batch.db);
      await store[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #encoder(spec: string): Promise<OpenEncoder> {
    if (this.#model?.spec === spec) return this.#model.encoder;
    await this.#model?.encoder[Symbol.asyncDispose]?.();
    this.#model = undefined;
    this.#model = { spec, encoder: await this.#options.openModel(spec) };
    return this.#model.encoder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const store of this.#stores.values()) await store[Symbol.asyncDispose]();
    await this.#sources[Symbol.asyncDispose]();
    await this.#model?.encoder[Symbol.asyncDispose]?.();
  }
}

/** Does one batch; its error says by its type whether it is tried again. */
async function process(
  job: Job,
  open: Open,
  { onBatch }: WorkOptions,
  Unrecoverable: typeof import("bullmq").UnrecoverableError,
): Promise<BatchResult> {
  let batch: Batch | undefined;
  const tell = (outcome: Pick<WorkEvent, "result" | "error">): void =>
    onBatch?.({ db: batch?.db ?? "", files: batch?.files.length ?? 0, ...outcome });
  try {
    batch = parseBatch(job.data);
    const result = await open.index(batch);
    tell({ result });
    return result;
  } catch (thrown) {
    const error = asClipError(thrown, "search.store");
    tell({ error });
    const words = `${error.message} (${error.code})`;
    throw FINAL.test(error.code) ? new Unrecoverable(words) : new Error(words);
  }
}

/** Resolves when the signal fires, or raises where Redis is gone for good. */
function ended(worker: Worker, signal: AbortSignal | undefined, gone: Promise<never>): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
    worker.once("closed", () => resolve());
  });
  return Promise.race([stopped, gone]);
}

/**
 * Takes batches of a queue and puts their files into databases, until the signal fires; the batch in hand is finished. Raises
 * `search.address`, and `search.queue` where Redis does not answer, or not for five minutes.
 */
export async function work(options: WorkOptions): Promise<void> {
  const { queue, name, rate, takeoverMs = TAKEOVER_MS, signal, onReady } = options;
  await using connection = await connectQueue(queue);
  const { Worker, UnrecoverableError } = await import("bullmq");
  const gone = new Promise<never>((_resolve, reject) => {
    connection.redis.once("end", () => reject(queueError(new Error("it is gone"), connection.shown)));
  });
  gone.catch(() => undefined);
  await using open = new Open(options);
  const worker = new Worker(QUEUE, (job) => process(job, open, options, UnrecoverableError), {
    connection: connection.redis,
    prefix: PREFIX,
    concurrency: 1,
    lockDuration: takeoverMs,
    stalledInterval: takeoverMs,
    maxStalledCount: MOST_STALLED,
    ...(name === undefined ? {} : { name }),
    ...(rate === undefined ? {} : { limiter: { max: 1, duration: Math.ceil((1_000 * MOST_FILES) / rate) } }),
  });
  // It goes on by itself when Redis is back.
  worker.on("error", () => undefined);
  try {
    await worker.waitUntilReady();
    onReady?.();
    await ended(worker, signal, gone);
  } finally {
    await worker.close();
  }
}
