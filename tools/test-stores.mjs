// npm run test:stores: every store on the whole conformance suite. Milvus is a Milvus Lite server (PyPI) in a virtual environment that
// is made here, once: the folder of ZEROCLIP_MILVUS_LITE, or zeroclip-milvus-lite in the folder for temporary files. `--install` does
// no more than that. Redis, for the tests of queues, comes from the system.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PACKAGES = ["milvus-lite==3.2.2", "pymilvus==3.0.2", "moto[server]==5.2.1"];
const folder = process.env.ZEROCLIP_MILVUS_LITE || join(tmpdir(), "zeroclip-milvus-lite");
const [, , ...options] = process.argv;

function run(program, args) {
  // Ten minutes: the packages are 200 MB.
  const { status } = spawnSync(program, args, { stdio: "inherit", timeout: 600_000 });
  return status === 0;
}

const isThere = ["milvus-lite", "moto_server"].every((name) => existsSync(join(folder, "bin", name)));
if (!isThere) {
  const python = join(folder, "bin", "python");
  const isMade =
    run("python3", ["-m", "venv", folder]) &&
    run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES]);
  if (!isMade) {
    rmSync(folder, { recursive: true, force: true });
    console.error(
      `Expected to install ${PACKAGES.join(", ")} in ${folder} but it failed: Python 3.10 or newer with venv, and PyPI, are needed.`,
    );
    process.exit(1);
  }
}
if (options.includes("--install")) process.exit();
const { status } = spawnSync("npx", ["vitest", "run", "--config", "vitest.stores.config.ts", ...options], {
  stdio: "inherit",
});
process.exit(status ?? 1);
