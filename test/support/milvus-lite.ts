import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The virtual environment of Python that `npm run test:stores` and `.ci/run` make. */
export const MILVUS_VENV = process.env.ZEROCLIP_MILVUS_LITE || join(tmpdir(), "zeroclip-milvus-lite");

const program = join(MILVUS_VENV, "bin", "milvus-lite");

/** Undefined where there is a Milvus Lite; else why tests skip it, for their names. */
export const NO_MILVUS = existsSync(program)
  ? undefined
  : "skipped: no Milvus Lite, which `npm run test:stores` installs";

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves as soon as somebody listens. */
export async function listening(port: number, process: ChildProcess): Promise<void> {
  for (;;) {
    if (process.exitCode !== null) throw new Error(`The server ended with ${process.exitCode}.`);
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A Milvus Lite server on a port of its own, with its data in a temporary folder. */
export class MilvusLite implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "zeroclip-milvus-"));
  #process: ChildProcess | undefined;

  private constructor(readonly port: number) {}

  static async start(): Promise<MilvusLite> {
    const server = new MilvusLite(await freePort());
    await server.start();
    return server;
  }

  address(collection: string): string {
    return `milvus://127.0.0.1:${this.port}/${collection}`;
  }

  /** Starts it with the data that it has. */
  async start(): Promise<void> {
    const data = join(this.#folder, "data");
    const options = ["server", "--data-dir", data, "--host", "127.0.0.1", "--port", String(this.port)];
    this.#process = spawn(program, options, { stdio: "ignore" });
    await listening(this.port, this.#process);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const process = this.#process;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const ended = new Promise((resolve) => process.once("exit", resolve));
    process.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
