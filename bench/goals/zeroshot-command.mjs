// The real command, as a person starts it: node, main.js, a home of its own, no network.
import { spawn } from "node:child_process";
import { resolve } from "node:path";

const MAIN = resolve("dist/cli/main.js");

/** Starts the command; `done` gives exit code, both outputs and seconds. */
export function start(args, { home, cwd = "." } = {}) {
  const began = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...process.env, ZEROCLIP_OFFLINE: "1", ...(home ? { ZEROCLIP_HOME: home } : {}) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = [[], []];
  child.stdout.on("data", (bytes) => stdout.push(bytes));
  child.stderr.on("data", (bytes) => stderr.push(bytes));
  const done = new Promise((ended, failed) => {
    child.once("error", failed);
    child.once("close", (code) =>
      ended({
        code,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
        seconds: (performance.now() - began) / 1000,
      }),
    );
  });
  return { child, done };
}

/** Ends with the exit code that is expected, or raises what was said. */
export async function zeroclip(args, { expected = 0, ...where } = {}) {
  const ended = await start(args, where).done;
  if (ended.code === expected) return ended;
  throw new Error(`zeroclip ${args.join(" ")} ended with ${ended.code}, not ${expected}: ${ended.stderr}`);
}
