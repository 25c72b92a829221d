import { join } from "node:path";
import { ClipError } from "../errors.js";
import type { Session } from "../runtime/session.js";
import type { ModelHandle } from "./plan.js";

/** A tower that is opened when it is first used, and tried again at the next use where that failed. */
export class Tower implements Pick<Session, "run">, AsyncDisposable {
  readonly #begin: () => Promise<Session>;
  #opening: Promise<Session> | undefined;
  #closed = false;

  constructor(begin: () => Promise<Session>) {
    this.#begin = begin;
  }

  /** Opens it unless that was begun before. Raises `runtime.*`. */
  open(): Promise<Session> {
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
}

export interface TowersOptions {
  /** An ONNX file → its session. */
  readonly open: (file: string) => Promise<Session>;
  /** The same model found (and where it must, compiled) once more, after its compiled form was forgotten. */
  readonly again: () => Promise<ModelHandle>;
  /** Told that a compiled form was damaged and is made anew. */
  readonly onRebuilt: (name: string) => void;
}

/** Both towers of a model, none opened yet; a compiled form that ONNX Runtime refuses is made anew once for both. */
export function towersOf(handle: ModelHandle, { open, again, onRebuilt }: TowersOptions): Towers {
  let rebuilt: Promise<ModelHandle> | undefined;
  const rebuild = async (): Promise<ModelHandle> => {
    await handle.discard?.();
    onRebuilt(handle.manifest.name);
    return again();
  };
  const openTower = async (name: "image" | "text"): Promise<Session> => {
    const { folder, manifest } = await (rebuilt ?? handle);
    try {
      return await open(join(folder, manifest[name].file));
    } catch (error) {
      if (!(error instanceof ClipError && error.code === "runtime.open" && handle.discard)) throw error;
      rebuilt ??= rebuild();
      const { folder, manifest } = await rebuilt;
      return open(join(folder, manifest[name].file));
    }
  };
  return { image: new Tower(() => openTower("image")), text: new Tower(() => openTower("text")) };
}
