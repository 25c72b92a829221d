import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, "..", "..");

/** Pip's downloads and a model's trace take their time; a process that hangs is ended. */
const LONGEST_MS = 40 * 60 * 1000;

/** Runs a Python script of tools/ with the shim that stands in for torchvision. */
export async function runPython(python: string, script: string, args: readonly string[]): Promise<void> {
  const environment = { ...process.env, PYTHONPATH: join(ROOT, "tools/goldens/shim") };
  await execute(python, [join(ROOT, "tools", script), ...args], { env: environment, timeout: LONGEST_MS });
}

/**
 * The Python with the reference's packages: the one that `ZEROCLIP_PYTHON` names, else that of a virtual environment
 * made in `folder` from tools/full-size/requirements.txt (python3 with venv, and a package index, must be in reach).
 */
export async function referencePython(folder: string): Promise<string> {
  const given = process.env.ZEROCLIP_PYTHON;
  if (given) return given;
  const python = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (!existsSync(python)) await execute("python3", ["-m", "venv", folder], { timeout: LONGEST_MS });
  const requirements = join(ROOT, "tools/full-size/requirements.txt");
  const install = ["-m", "pip", "install", "--quiet"];
  await execute(python, [...install, "-r", requirements], { timeout: LONGEST_MS });
  // Without dependencies: the original's code asks for torchvision, which the shim stands in for.
  await execute(python, [...install, "--no-deps", "clip-anytorch==2.6.0"], { timeout: LONGEST_MS });
  return python;
}
