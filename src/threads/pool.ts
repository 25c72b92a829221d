import { startThread, type Thread, type ThreadBounds } from "./thread.js";

/** Threads of one program, started as they are needed. */
export class ThreadPool<Question, Answer> implements AsyncDisposable {
  #threads: Thread<Question, Answer>[] = [];

  constructor(
    readonly program: URL,
    /** Most threads. */
    readonly most: number,
    readonly bounds: ThreadBounds = {},
  ) {}

  /** The thread with the least to do; a new one where all have something and more may be. */
  thread(): Thread<Question, Answer> {
    this.#threads = this.#threads.filter((thread) => thread.alive);
    const [least] = this.#threads.toSorted((a, b) => a.waiting - b.waiting);
    if (least && (least.waiting === 0 || this.#threads.length >= this.most)) return least;
    const started = startThread<Question, Answer>(this.program, this.bounds);
    this.#threads.push(started);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread[Symbol.asyncDispose]()));
  }
}
