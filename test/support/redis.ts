import { spawnSync } from "node:child_process";
import { LocalServer } from "./local-server.js";

/** Where there is no Redis: what tests that need it say in their names. */
export const NO_REDIS =
  spawnSync("redis-server", ["--version"]).status === 0
    ? ""
    : " (skipped: there is no redis-server on this machine)";

/** A Redis that writes down what it does each second, as docs/workers.md says; it is not started yet. */
export function redisServer(): LocalServer {
  return new LocalServer((port, folder) => [
    "redis-server",
    ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""],
    ...["--appendonly", "yes", "--appendfsync", "everysec"],
  ]);
}

export const redisAddress = ({ port }: LocalServer): string => `redis://127.0.0.1:${port}`;
