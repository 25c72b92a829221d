import { parentPort, type Transferable, Worker, workerData } from "node:worker_threads";
import { asClipError, ClipError, type ErrorCode, throwIfAborted } from "../errors.js";

// The one file that knows node:worker_threads. A program on another thread answers calls; errors keep their codes.

/** A running program: calls are answered in any order. It holds the process only while a call is open. */
export interface Thread<Question, Answer> extends AsyncDisposable {
  /** Calls that are not answered yet. */
  readonly waiting: number;
  /** False once it ended; a call then raises `runtime.thread`. */
  readonly alive: boolean;
  /** The question is copied, but for buffers of `transfer`, which change hands. Raises the program's errors, and `runtime.thread` where it ends instead of answering. */
  call(question: Question, transfer?: readonly ArrayBufferLike[], following?: Following): Promise<Answer>;
}

/** What a long call may be followed by. */
export interface Following {
  /** Tells the program that nobody waits any more; the call then raises `aborted` as soon as the program looks. */
  readonly signal?: AbortSignal | undefined;
  /** What the program notes on its way, copied. */
  readonly onNote?: ((note: unknown) => void) | undefined;
}

/** What a program and its calls may take; a program that takes more is ended, and every open call raises `runtime.thread`. */
export interface ThreadBounds {
  /** For one call, ms, with its wait for those before it. */
  readonly mostMs?: number;
  /** MiB of objects, without what lies in buffers. */
  readonly heapMb?: number;
}

interface Call {
  readonly id: number;
  readonly question: unknown;
}

/** Nobody waits for this call's answer. */
interface Given {
  readonly id: number;
  readonly up: true;
}

interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  readonly note?: unknown;
}

interface Open<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: ClipError) => void;
  readonly onNote: ((note: unknown) => void) | undefined;
}

/** Said to a program that is to end. */
const CLOSE = "close";

/**
 * What a process and its programs share, so that none is cut off inside native code when the process exits: ONNX Runtime
 * would end it with SIGABRT. [0]: 1 once no call may begin; [1]: calls that are being answered.
 */
const ENDING = 0;
const RUNNING = 1;

/** Longest wait of an exiting process for the calls that run, ms: a run of ViT-L/14 on a slow machine. */
const EXIT_PATIENCE_MS = 20_000;

/** A program's file: beside the built sources; those that run as they are (tests) use the built one too, for Node reads no TypeScript. */
export function programUrl(name: string): URL {
  const up = import.meta.url.endsWith(".ts") ? "../../dist" : "..";
  return new URL(`${up}/${name}.js`, import.meta.url);
}

/** Starts a program. What hinders it is raised by the first call. */
export function startThread<Question, Answer>(
  program: URL,
  bounds: ThreadBounds = {},
): Thread<Question, Answer> {
  return new WorkerThread(program, bounds);
}

const sharedOfAlive = new Set<Int32Array>();

/** When the process exits: lets no call begin, and waits for those that run. */
function finishCalls(): void {
  for (const shared of sharedOfAlive) Atomics.store(shared, ENDING, 1);
  const until = Date.now() + EXIT_PATIENCE_MS;
  for (const shared of sharedOfAlive) {
    let running = Atomics.load(shared, RUNNING);
    while (running > 0 && Date.now() < until) {
      Atomics.wait(shared, RUNNING, running, until - Date.now());
      running = Atomics.load(shared, RUNNING);
    }
  }
}

class WorkerThread<Question, Answer> implements Thread<Question, Answer> {
  readonly #worker: Worker;
  readonly #open = new Map<number, Open<Answer>>();
  readonly #ended: Promise<void>;
  #idle: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #next = 0;
  #death: ClipError | undefined;

  constructor(
    program: URL,
    readonly bounds: ThreadBounds,
  ) {
    const { heapMb } = bounds;
    const shared = new Int32Array(new SharedArrayBuffer(8));
    // No flags of the process: a loader or --eval of the main thread is not for this program.
    this.#worker = new Worker(program, {
      workerData: shared,
      execArgv: [],
      ...(heapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
    });
    if (sharedOfAlive.size === 0) process.on("exit", finishCalls);
    sharedOfAlive.add(shared);
    this.#worker.on("message", (reply: Reply) => this.#settle(reply));
    this.#worker.on("messageerror", (error: Error) => this.#die(error.message));
    this.#worker.on("error", (error: unknown) =>
      this.#die(error instanceof Error ? error.message : String(error)),
    );
    this.#ended = new Promise((resolve) =>
      this.#worker.on("exit", (code) => {
        sharedOfAlive.delete(shared);
        if (sharedOfAlive.size === 0) process.off("exit", finishCalls);
        this.#die(`exit code ${code}`);
        resolve();
      }),
    );
    // Last: a listener for messages holds the process anew.
    this.#worker.unref();
  }

  get waiting(): number {
    return this.#open.size;
  }

  get alive(): boolean {
    return this.#death === undefined;
  }

  async call(
    question: Question,
    transfer: readonly ArrayBufferLike[] = [],
    { signal, onNote }: Following = {},
  ): Promise<Answer> {
    throwIfAborted(signal);
    if (this.#death) throw this.#death;
    const id = this.#next++;
    this.#worker.postMessage({ id, question } satisfies Call, transfer as unknown as Transferable[]);
    if (this.#open.size === 0) this.#worker.ref();
    const giveUp = (): void => this.#worker.postMessage({ id, up: true } satisfies Given);
    signal?.addEventListener("abort", giveUp, { once: true });
    const { mostMs } = this.bounds;
    const timer =
      mostMs === undefined
        ? undefined
        : setTimeout(() => this.#end(`a call took longer than ${mostMs} ms`), mostMs);
    try {
      return await new Promise<Answer>((resolve, reject) => this.#open.set(id, { resolve, reject, onNote }));
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    }
  }

  #settle({ id, answer, error, note }: Reply): void {
    const call = this.#open.get(id);
    if (note !== undefined) {
      call?.onNote?.(note);
      return;
    }
    this.#open.delete(id);
    if (error) call?.reject(new ClipError(error.code, error.message));
    else call?.resolve(answer as Answer);
    this.#rest();
  }

  #die(why: string): void {
    if (this.#death) return;
    this.#death = new ClipError("runtime.thread", `A worker thread ended before its answer: ${why}.`);
    for (const { reject } of this.#open.values()) reject(this.#death);
    this.#open.clear();
    this.#rest();
  }

  /** Whatever it does: only a program without native code may be cut off like that. */
  #end(why: string): void {
    this.#die(why);
    void this.#worker.terminate();
  }

  #rest(): void {
    if (this.#open.size > 0) return;
    this.#worker.unref();
    this.#idle?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#open.size > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    this.#worker.ref();
    if (this.alive) this.#worker.postMessage(CLOSE);
    await this.#ended;
  }
}

/** An answer and the buffers in it that change hands. */
export interface Answered<Answer> {
  readonly answer: Answer;
  readonly transfer?: readonly ArrayBufferLike[];
}

/** In the program: who waits for a call's answer. */
export interface Asker {
  /** Fires when nobody waits any more: between two turns of the program's event loop. */
  readonly signal: AbortSignal;
  /** Tells how far the call is. */
  note(note: unknown): void;
}

/** In Deno the port has no end, but the thread has one. */
function endThread(port: { readonly close?: () => void }): void {
  if (port.close) port.close();
  else (globalThis as { close?(): void }).close?.();
}

/**
 * In the program: answers calls by `handle`, at most `atOnce` at a time, until the thread is closed; `close` runs last.
 * An error of one call is its answer, and nothing else's.
 */
export function answerCalls<Question, Answer>(
  handle: (question: Question, asker: Asker) => Promise<Answered<Answer>>,
  atOnce: number,
  close: () => Promise<void> = async () => {},
): void {
  const port = parentPort;
  if (!port) throw new ClipError("runtime.thread", "Expected a worker thread but this is the main thread.");
  const shared = workerData as Int32Array;
  const waiting: Call[] = [];
  const askers = new Map<number, AbortController>();
  let working = 0;
  const reply = (message: Reply, transfer: readonly ArrayBufferLike[] = []): void =>
    port.postMessage(message, transfer as unknown as Transferable[]);
  const answer = async ({ id, question }: Call): Promise<void> => {
    const { signal } = askers.get(id)!;
    try {
      throwIfAborted(signal);
      const asker: Asker = { signal, note: (note) => reply({ id, note }) };
      const { answer: given, transfer } = await handle(question as Question, asker);
      reply({ id, answer: given }, transfer);
    } catch (thrown) {
      const { code, message } = asClipError(thrown, "runtime.thread");
      reply({ id, error: { code, message } });
    }
    askers.delete(id);
  };
  const work = async (): Promise<void> => {
    working += 1;
    for (let call = waiting.shift(); call; call = waiting.shift()) {
      Atomics.add(shared, RUNNING, 1);
      if (Atomics.load(shared, ENDING) === 0) await answer(call);
      Atomics.sub(shared, RUNNING, 1);
      Atomics.notify(shared, RUNNING);
    }
    working -= 1;
  };
  port.on("message", (message: Call | Given | typeof CLOSE) => {
    if (message === CLOSE) {
      void close().finally(() => endThread(port));
    } else if ("up" in message) {
      askers.get(message.id)?.abort();
    } else {
      askers.set(message.id, new AbortController());
      waiting.push(message);
      if (working < atOnce) void work();
    }
  });
}
