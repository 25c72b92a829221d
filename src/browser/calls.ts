import { asClipError, ClipError, type ErrorCode, throwIfAborted } from "../errors.js";

// Calls from a page to its worker: answered in any order, errors keep their codes.

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

/** What a call may be followed by. */
export interface Following {
  readonly signal?: AbortSignal | undefined;
  /** What the program notes on its way, copied. */
  readonly onNote?: ((note: never) => void) | undefined;
  /** True: also what it notes after its answer. */
  readonly stays?: boolean;
}

interface Open {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: ClipError) => void;
  readonly onNote: ((note: never) => void) | undefined;
}

/** A program on another thread of the browser. */
export class Program {
  readonly #worker: Worker;
  readonly #open = new Map<number, Open>();
  /** Who hears of calls that were answered. */
  readonly #staying = new Map<number, (note: never) => void>();
  #next = 0;
  #death: ClipError | undefined;

  constructor(worker: Worker, address: string) {
    this.#worker = worker;
    worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => this.#settle(data));
    worker.addEventListener("messageerror", () => this.#die("its answer can't be read"));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#die(
        event.message ||
          `there is no program at ${address} (files says where the folder is that zeroclip browser filled)`,
      );
    });
  }

  /** The question is copied, but for what is in `transfer`. Raises the program's errors, `aborted`, and `runtime.thread` where it ends. */
  async call<Answer>(
    question: unknown,
    transfer: Transferable[] = [],
    { signal, onNote, stays = false }: Following = {},
  ): Promise<Answer> {
    throwIfAborted(signal);
    if (this.#death) throw this.#death;
    const id = this.#next++;
    if (stays && onNote) this.#staying.set(id, onNote);
    this.#worker.postMessage({ id, question } satisfies Call, transfer);
    return await new Promise<Answer>((resolve, reject) => {
      const giveUp = (): void => {
        this.#worker.postMessage({ id, up: true } satisfies Given);
        this.#open.delete(id);
        reject(new ClipError("aborted", "The operation was aborted.", { cause: signal?.reason }));
      };
      const settled = (): void => signal?.removeEventListener("abort", giveUp);
      this.#open.set(id, {
        resolve: (answer: Answer) => {
          settled();
          resolve(answer);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
        onNote,
      } as Open);
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }

  #settle({ id, answer, error, note }: Reply): void {
    const call = this.#open.get(id);
    if (note !== undefined) {
      (call?.onNote ?? this.#staying.get(id))?.(note as never);
      return;
    }
    this.#open.delete(id);
    if (error) call?.reject(new ClipError(error.code, error.message));
    else call?.resolve(answer as never);
  }

  #die(why: string): void {
    this.#death ??= new ClipError("runtime.thread", `A worker ended before its answer: ${why}.`);
    for (const { reject } of [...this.#open.values()]) reject(this.#death);
    this.#open.clear();
    this.#worker.terminate();
  }

  /** Gives its memory back at once; calls that are open raise `runtime.closed`. */
  end(): void {
    this.#death ??= new ClipError("runtime.closed", "Expected an open model but it was closed before.");
    for (const { reject } of [...this.#open.values()]) reject(this.#death);
    this.#open.clear();
    this.#worker.terminate();
  }
}

/** The parts of a worker that are in use; the page's own types have none. */
interface WorkerScope {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Call | Given>) => void): void;
}

/** In the program: who waits for a call's answer. */
export interface Asker {
  /** Fires when nobody waits any more: between two turns of the program's event loop. */
  readonly signal: AbortSignal;
  /** Tells how far the call is. */
  note(note: unknown): void;
}

/** In the program: answers calls by `handle`. An error of one call is its answer, and nothing else's. */
export function answerCalls(
  handle: (question: never, asker: Asker) => Promise<{ answer: unknown; transfer?: Transferable[] }>,
): void {
  const scope = globalThis as unknown as WorkerScope;
  const askers = new Map<number, AbortController>();
  const answer = async ({ id, question }: Call): Promise<void> => {
    const controller = new AbortController();
    askers.set(id, controller);
    try {
      const asker: Asker = {
        signal: controller.signal,
        note: (note) => scope.postMessage({ id, note } satisfies Reply),
      };
      const { answer: given, transfer = [] } = await handle(question as never, asker);
      scope.postMessage({ id, answer: given } satisfies Reply, transfer);
    } catch (thrown) {
      const { code, message } = asClipError(thrown, "runtime.thread");
      scope.postMessage({ id, error: { code, message } } satisfies Reply);
    }
    askers.delete(id);
  };
  scope.addEventListener("message", ({ data }) => {
    if ("up" in data) askers.get(data.id)?.abort();
    else void answer(data);
  });
}
