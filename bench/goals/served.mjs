// `zeroclip serve` as a user starts it, for goals that ask a server.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** Starts `zeroclip serve` on a free port, resolves when it is warm. */
export async function served(flags, variables = {}) {
  const child = spawn(
    process.execPath,
    ["dist/cli/main.js", "serve", "--json", "--port", "0", "--log-level", "error", ...flags],
    {
      env: { ...process.env, ...variables },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const url = await new Promise((done, fail) => {
    child.stdout.once("data", (chunk) => done(JSON.parse(chunk).url));
    child.once("close", () => fail(new Error("the server did not start")));
  });
  while ((await fetch(`${url}/readyz`)).status !== 200) await pause(50);
  const end = () =>
    new Promise((done) => {
      child.once("close", done);
      child.kill("SIGTERM");
    });
  const resident = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]) / 1024;
  return { url, end, resident };
}
