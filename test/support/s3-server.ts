import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalServer } from "./local-server.js";

/** The virtual environment that also holds Milvus Lite. */
const VENV = process.env.ZEROCLIP_MILVUS_LITE || join(tmpdir(), "zeroclip-milvus-lite");
const program = join(VENV, "bin", "moto_server");

/** Where there is no such server: what tests that need it say in their names. */
export const NO_S3 = existsSync(program)
  ? ""
  : " (skipped: there is no moto on this machine; npm run test:stores installs it)";

/** A server that speaks like S3, with its objects in memory; it is not started yet. */
export function s3Server(): LocalServer {
  return new LocalServer((port) => [program, "-H", "127.0.0.1", "-p", String(port)]);
}
