import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** A server of another program: on a free port, with its data in a temporary folder; it may be killed and started again. */
export class LocalServer implements AsyncDisposable {
  readonly #command: (port: number, folder: string) => readonly [string, ...string[]];
  readonly #folder = mkdtempSync(join(tmpdir(), "zeroclip-server-"));
  #port = 0;
  #process: ChildProcess | undefined;

  constructor(command: (port: number, folder: string) => readonly [string, ...string[]]) {
    this.#command = command;
  }

  get port(): number {
    return this.#port;
  }

  /** Starts it with the data that it has; resolves when it listens. */
  async start(): Promise<this> {
    this.#port ||= await freePort();
    const [program, ...options] = this.#command(this.#port, this.#folder);
    const started = spawn(program, options, { stdio: "ignore" });
    this.#process = started;
    while (!(await answers(this.#port))) {
      if (started.exitCode !== null) throw new Error(`${program} ended with ${started.exitCode}.`);
      await pause(50);
    }
    return this;
  }

  async kill(): Promise<void> {
    const running = this.#process;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
