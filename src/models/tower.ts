import { ClipError } from "../errors.js";
import type { Session } from "../runtime/session.js";

/** What a tower needs of a session. */
export type Runner = Pick<Session, "run"> & AsyncDisposable;

/** A tower that is opened when it is first used, and tried again at the next use where that failed. */
export class Tower implements Pick<Session, "run">, AsyncDisposable {
  readonly #begin: () => Promise<Runner>;
  #opening: Promise<Runner> | undefined;
  #closed = false;

  constructor(begin: () => Promise<Runner>) {
    this.#begin = begin;
  }

  /** Opens it unless that was begun before. Raises `runtime.*`. */
  open(): Promise<Runner> {
    if (this.#closed) {
      const message = "Expected an open model but it was closed before.";
      return Promise.reject(new ClipError("runtime.closed", message));
    }
    this.#opening ??= this.#begin().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Begins to open it beside other work; what goes wrong is told by the first use. */
  warm(): void {
    this.open().catch(() => undefined);
  }

  /** A tower whose thread has ended (out of memory, most often) raises `runtime.thread` and is opened anew by the next use. */
  async run(...[feeds, output]: Parameters<Session["run"]>): ReturnType<Session["run"]> {
    const opening = this.open();
    const session = await opening;
    try {
      return await session.run(feeds, output);
    } catch (error) {
      const ended = error instanceof ClipError && error.code === "runtime.thread";
      if (ended && this.#opening === opening) {
        this.#opening = undefined;
        await session[Symbol.asyncDispose]();
      }
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const session = await this.#opening?.catch(() => undefined);
    await session?.[Symbol.asyncDispose]();
  }
}

export interface Towers {
  readonly image: Tower;
  readonly text: Tower;
  /** Those of the manifest's `textByScript`, in its order. */
  readonly textByScript: readonly Tower[];
}

/** All towers of a model. */
export function allTowers({ image, text, textByScript }: Towers): readonly Tower[] {
  return [image, text, ...textByScript];
}
