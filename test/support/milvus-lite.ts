import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalServer } from "./local-server.js";

/** The virtual environment of Python that `npm run test:stores` and `.ci/run` make. */
const VENV = process.env.ZEROCLIP_MILVUS_LITE || join(tmpdir(), "zeroclip-milvus-lite");
const program = join(VENV, "bin", "milvus-lite");

/** Where there is no Milvus Lite: what tests that need it say in their names. */
export const NO_MILVUS = existsSync(program)
  ? ""
  : " (skipped: there is no Milvus Lite on this machine; npm run test:stores installs it)";

/** A Milvus Lite server that is not started yet. */
export function milvusLite(): LocalServer {
  return new LocalServer((port, folder) => [
    program,
    "server",
    ...["--data-dir", join(folder, "data"), "--host", "127.0.0.1", "--port", String(port)],
  ]);
}

export const milvusAddress = ({ port }: LocalServer, collection: string): string =>
  `milvus://127.0.0.1:${port}/${collection}`;
