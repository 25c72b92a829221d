import { ClipError } from "../errors.js";
import { programUrl, startThread, type Thread } from "../threads/thread.js";
import { type Features, type Feed, openSession, type Session, type SessionOptions } from "./session.js";

type Facts = Pick<Session, "device" | "inputs" | "outputs">;

/** What the thread is asked: first to open a file, then to run it. */
export type SessionQuestion =
  | { readonly file: string; readonly options: SessionOptions }
  | { readonly feeds: Readonly<Record<string, Feed>>; readonly outputs: readonly string[] };

export type SessionAnswer = Facts | readonly Features[];

type SessionThread = Thread<SessionQuestion, SessionAnswer>;

/**
 * `openSession` on a thread of its own, so that neither opening nor running holds the event loop. A run costs a message
 * more (0.1 ms); inputs marked `given` are not copied. Where no thread can be had, the session is opened on this one.
 * `program`: another file than worker.js, for tests. Raises what `openSession` does.
 */
export async function openThreadedSession(
  file: string,
  options: SessionOptions = {},
  program = programUrl("runtime/worker"),
): Promise<Session> {
  const thread: SessionThread = startThread(program);
  try {
    const facts = (await thread.call({ file, options })) as Facts;
    return new ThreadedSession(thread, facts);
  } catch (error) {
    const absent = !thread.alive;
    await thread[Symbol.asyncDispose]();
    if (absent) return openSession(file, options);
    throw error;
  }
}

class ThreadedSession implements Session {
  readonly device: Session["device"];
  readonly inputs: Session["inputs"];
  readonly outputs: Session["outputs"];
  readonly #thread: SessionThread;
  #released: Promise<void> | undefined;

  constructor(thread: SessionThread, { device, inputs, outputs }: Facts) {
    this.#thread = thread;
    this.device = device;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  async run(feeds: Readonly<Record<string, Feed>>, output: string): Promise<Features> {
    return (await this.runAll(feeds, [output]))[0]!;
  }

  async runAll(feeds: Readonly<Record<string, Feed>>, outputs: readonly string[]): Promise<Features[]> {
    if (this.#released)
      throw new ClipError("runtime.closed", "Expected an open session but it was closed before.");
    const given = Object.values(feeds).flatMap(({ data, given }) => (given ? [data.buffer] : []));
    return (await this.#thread.call({ feeds, outputs }, given)) as Features[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#released ??= Promise.resolve(this.#thread[Symbol.asyncDispose]());
    await this.#released;
  }
}
