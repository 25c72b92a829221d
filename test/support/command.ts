import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
const MAIN = join(ROOT, "dist", "cli", "main.js");

/** Pictures that ship with the tests. */
export const PICTURES = join(ROOT, "test", "fixtures", "pictures");

/** What a finished command left behind. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** The built command in a folder of its own, with an empty home: nothing of the machine's user leaks in. */
export interface Workplace extends Disposable {
  readonly folder: string;
  start(args: readonly string[], options?: RunOptions): ChildProcess;
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
}

export function workplace(): Workplace {
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-cli-"));
  const start = (args: readonly string[], { env = {}, cwd = folder }: RunOptions = {}): ChildProcess =>
    spawn(process.execPath, [MAIN, ...args], {
      cwd,
      env: { PATH: process.env.PATH, HOME: folder, ZEROCLIP_HOME: join(folder, "home"), ...env },
    });
  return {
    folder,
    start,
    async run(args, options = {}) {
      const child = start(args, options);
      const parts = { stdout: "", stderr: "" };
      for (const name of ["stdout", "stderr"] as const) {
        child[name]?.setEncoding("utf8").on("data", (text: string) => {
          parts[name] += text;
        });
      }
      // A command that ends before it has read its stdin closes the pipe.
      child.stdin?.on("error", () => undefined).end(options.stdin);
      const code = await new Promise<number | null>((done) => child.on("close", done));
      return { code, ...parts };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A line that only a stack trace has. */
export const STACK = /^\s+at .+[:(]/m;
