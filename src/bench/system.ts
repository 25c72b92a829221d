import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ClipError } from "../errors.js";
import type { Replies, Request } from "./protocol.js";

/** How a process that is to be measured is started. */
export interface Launch {
  /** The name shown to people. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
}

/** The end of what a process wrote to stderr, kept for the message of its failure. */
const KEPT_STDERR = 2000;

/** A reply is a line; features of 32 pictures are 1 MB of text, so 16 MB is a process that has gone wrong. */
const LONGEST_LINE = 1 << 24;

/** The longest wait for one reply, ms: calibrating and compiling a large model takes minutes. */
const PATIENCE_MS = 20 * 60 * 1000;

type Settle = { readonly resolve: (reply: object) => void; readonly reject: (error: ClipError) => void };

/** A running process that is measured, one request at a time. */
export class System implements AsyncDisposable {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Settle>();
  readonly #gone: Promise<void>;
  #stderr = "";
  #id = 0;
  #ended: ClipError | undefined;

  constructor({ name, command, args, cwd }: Launch) {
    this.name = name;
    this.#child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.#child.stdin?.on("error", () => {}); // The process's end is told by "close", with what it said last.
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR);
    });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => this.#take(line));
    this.#gone = new Promise((resolve) => {
      const end = (why: string): void => {
        this.#fail(`${name} ended (${why}): ${this.#lastWords()}`);
        resolve();
      };
      this.#child.on("error", (error) => end(error.message));
      this.#child.on("close", (code, signal) => end(signal ?? `exit code ${code}`));
    });
  }

  /** Sends a request and waits for its reply. Raises `bench.peer` with the process's own words. */
  async ask<R extends Request>(request: R, signal?: AbortSignal): Promise<Replies[R["do"]]> {
    if (this.#ended) throw this.#ended;
    const id = ++this.#id;
    const reply = new Promise<object>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin?.write(`${JSON.stringify({ id, ...request })}\n`);
    });
    const stop = (why: string): void => {
      this.#fail(why);
      this.#child.kill("SIGKILL");
    };
    const interrupt = (): void => stop(`${this.name} was stopped.`);
    const timer = setTimeout(
      () => stop(`${this.name} did not answer for ${PATIENCE_MS / 60_000} minutes.`),
      PATIENCE_MS,
    );
    signal?.addEventListener("abort", interrupt, { once: true });
    if (signal?.aborted) interrupt();
    try {
      // What a process replies is its own measurement: its fields are read by their names, as the protocol states them.
      return (await reply) as Replies[R["do"]];
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", interrupt);
    }
  }

  #take(line: string): void {
    // Libraries print lines of their own; replies are objects with an id that is waited for.
    if (!line.startsWith("{") || line.length > LONGEST_LINE) return;
    let reply: { id?: unknown; error?: unknown };
    try {
      reply = JSON.parse(line);
    } catch {
      return;
    }
    if (typeof reply.id !== "number") return;
    const settle = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (typeof reply.error === "string")
      settle?.reject(new ClipError("bench.peer", `${this.name}: ${reply.error}`));
    else settle?.resolve(reply);
  }

  #lastWords(): string {
    const lines = this.#stderr.trim().split("\n");
    return lines.at(-1)?.trim() || "it said nothing";
  }

  #fail(message: string): void {
    this.#ended ??= new ClipError("bench.peer", message);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }

  /** Asks the process to end, and ends it where it doesn't within a moment. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#child.stdin?.end(`${JSON.stringify({ id: ++this.#id, do: "quit" })}\n`);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await this.#gone;
    clearTimeout(timer);
  }
}
