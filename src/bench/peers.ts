import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, copyFile, realpath, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ClipError } from "../errors.js";
import { makeFolder } from "../models/folder.js";
import type { Contender } from "./contender.js";
import { readMachine } from "./machine.js";
import type { LoadSpec } from "./protocol.js";

const execute = promisify(execFile);

/** The peers' scripts; they ship in the package, the same from `src` and from `dist`. */
const SCRIPTS = fileURLToPath(new URL("../../bench/peers", import.meta.url));

/** The version of transformers.js that is measured; the table of a run names what computed. */
const TRANSFORMERS = "@huggingface/transformers@4.3.1";

/** Downloading PyTorch over a slow line takes its time; what hangs is ended. */
const LONGEST_MS = 60 * 60 * 1000;

/** Output of npm, pip and the exporters that is kept, bytes: they warn at length. */
const MOST_OUTPUT = 64 << 20;

export interface PeerOptions {
  /** Everything that is installed and made lies in `home`/bench/peers. */
  readonly home: string;
  /** A Python that has the packages of bench/peers/requirements.txt; default: one is made with `python3 -m venv`. */
  readonly python?: string | undefined;
  /** An OpenAI checkpoint to measure with; default: seeded weights of `shape`. */
  readonly checkpoint?: string | undefined;
  /** The shape of the seeded weights, as open_clip calls it; default ViT-B-32. */
  readonly shape?: string | undefined;
  /** Photos that NNCF calibrates on. */
  readonly pictures: readonly string[];
  readonly threads?: number | undefined;
  /** The processor's instruction sets, as `readMachine` names them; default: this one's. */
  readonly instructions?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Told what is installed or made, and how large it is, before it begins, and who is left out. */
  readonly onNote: (note: string) => void;
}

/** The peers that could be set up, and a sentence for each that could not. */
export interface Peers {
  /** The checkpoint that all of them hold. */
  readonly checkpoint: string;
  readonly contenders: readonly Contender[];
  readonly missing: readonly string[];
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Runs a program; its last words become the error. */
async function run(
  command: string,
  args: readonly string[],
  options: PeerOptions,
  cwd?: string,
): Promise<void> {
  const { signal } = options;
  try {
    await execute(command, [...args], {
      timeout: LONGEST_MS,
      maxBuffer: MOST_OUTPUT,
      ...(signal ? { signal } : {}),
      ...(cwd === undefined ? {} : { cwd }),
      // npm is a script on Windows, which only a shell starts; every argument here is ours and has no blanks.
      ...(command === "npm" && process.platform === "win32" ? { shell: true } : {}),
    });
  } catch (error) {
    if (signal?.aborted)
      throw new ClipError("aborted", "Setting up the peers was stopped.", { cause: error });
    const { stderr, message } = error as { stderr?: string; message: string };
    const words = (stderr ?? "").trim().split("\n").at(-1)?.trim() || message.split("\n", 1)[0];
    throw new ClipError("bench.peer", `${command} ${args.slice(0, 3).join(" ")} failed: ${words}`, {
      cause: error,
    });
  }
}

/** transformers.js in a folder of its own → that folder. */
async function installTransformers(folder: string, options: PeerOptions): Promise<string> {
  if (await exists(join(folder, "node_modules/@huggingface/transformers/package.json"))) return folder;
  options.onNote(`Installing ${TRANSFORMERS} in ${folder} (0.5 GB).`);
  await makeFolder(folder);
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  await writeFile(join(folder, ".npmrc"), "onnxruntime-node-install=skip\n");
  await run("npm", ["install", "--no-audit", "--no-fund", TRANSFORMERS], options, folder);
  return folder;
}

/** The given Python, or a virtual environment with the requirements → its executable. */
async function installPython(folder: string, options: PeerOptions): Promise<string> {
  if (options.python !== undefined) return options.python;
  const python = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const done = join(folder, "installed");
  if (await exists(done)) return python;
  options.onNote(
    `Installing PyTorch, open_clip, ONNX Runtime, OpenVINO and NNCF in ${folder} (2 GB; some 7 GB where pip takes PyTorch's CUDA form). ZEROCLIP_PYTHON names a Python that has them.`,
  );
  await run("python3", ["-m", "venv", folder], options);
  await run(python, ["-m", "pip", "install", "--quiet", "-r", join(SCRIPTS, "requirements.txt")], options);
  await writeFile(done, "");
  return python;
}

/** What the peers read, made from the checkpoint once: each form is a folder that appears whole. */
const FORMS = {
  plain: "the plain export, fp32 and dynamic int8",
  huggingface: "transformers.js's files, fp32 and q8",
  openvino: "NNCF's int8, calibrated on photos",
} as const;

/** The peers: where their process comes from and which form of the weights it needs. */
const PEERS: readonly {
  readonly name: string;
  readonly engine: "transformers.js" | "onnxruntime" | "torch" | "openvino";
  readonly precision: string;
  readonly form?: keyof typeof FORMS;
}[] = [
  { name: "transformers.js fp32", engine: "transformers.js", precision: "fp32", form: "huggingface" },
  { name: "transformers.js q8", engine: "transformers.js", precision: "q8", form: "huggingface" },
  { name: "ONNX Runtime, plain export fp32", engine: "onnxruntime", precision: "fp32", form: "plain" },
  {
    name: "ONNX Runtime, plain export dynamic int8",
    engine: "onnxruntime",
    precision: "int8",
    form: "plain",
  },
  { name: "PyTorch eager fp32 (open_clip)", engine: "torch", precision: "fp32" },
  { name: "PyTorch eager bf16 (open_clip)", engine: "torch", precision: "bf16" },
  { name: "OpenVINO f32", engine: "openvino", precision: "fp32", form: "plain" },
  { name: "OpenVINO bf16", engine: "openvino", precision: "bf16", form: "plain" },
  { name: "OpenVINO NNCF int8", engine: "openvino", precision: "int8", form: "openvino" },
];

/** The names that `setUpPeers` knows. */
export const PEER_NAMES: readonly string[] = PEERS.map(({ name }) => name);

/** True where PyTorch would play bf16 by other instructions: a round of prompts takes minutes, and nobody runs it so. */
function playsBf16(instructions: readonly string[]): boolean {
  return instructions.includes("AVX2") && !instructions.some((name) => name.endsWith("bf16"));
}

/** Runs a step once and remembers how it ended, so that one missing part is told once for each peer that needs it. */
function once<K extends string>(work: (key: K) => Promise<string>): (key: K) => Promise<string> {
  const known = new Map<K, Promise<string>>();
  return (key) => {
    const begun = known.get(key) ?? work(key);
    known.set(key, begun);
    return begun;
  };
}

/**
 * Installs what is not there yet (npm and pip, as a user would), makes the weights' forms, and returns a contender each.
 * PyTorch's bf16 is left out where the processor has none. A peer that can't be set up is a sentence in `missing`. Raises `bench.peers`
 * where nothing can be: without the scripts, or without Python, which makes the shared weights.
 */
export async function setUpPeers(
  options: PeerOptions,
  wanted: readonly string[] = PEER_NAMES,
): Promise<Peers> {
  const { home, threads, pictures } = options;
  if (!(await exists(join(SCRIPTS, "make.py"))))
    throw new ClipError("bench.peers", `Expected the peers' scripts in ${SCRIPTS} but they are not there.`);
  const root = join(home, "bench", "peers");
  const python = await installPython(join(root, "python"), options).catch((error: unknown) => {
    if (!(error instanceof ClipError) || error.code === "aborted") throw error;
    const why = `Expected Python 3 with the peers' packages, which makes the weights that all share: ${error.message}`;
    throw new ClipError("bench.peers", why, { cause: error });
  });
  const weights = await weightsFolder(root, options, python);
  const form = once<keyof typeof FORMS>(async (name) => {
    const folder = join(weights.folder, name);
    if (await exists(folder)) return folder;
    options.onNote(`Making ${FORMS[name]} in ${folder}.`);
    const rest = name === "openvino" ? pictures : [];
    if (name === "openvino") await form("plain");
    await run(python, [join(SCRIPTS, "make.py"), name, weights.folder, ...rest], options);
    return folder;
  });
  const packages = once<"node">(() => installTransformers(join(root, "node"), options));
  const contenders: Contender[] = [];
  const missing: string[] = [];
  const played = playsBf16(options.instructions ?? readMachine().instructions);
  for (const { name, engine, precision, form: needed } of PEERS.filter((peer) =>
    wanted.includes(peer.name),
  )) {
    if (played && engine === "torch" && precision === "bf16") {
      options.onNote(`${name} is left out: this processor has no instructions for bf16.`);
      continue;
    }
    try {
      if (needed) await form(needed);
      const spec: LoadSpec = { weights: weights.folder, ...(threads === undefined ? {} : { threads }) };
      contenders.push(
        engine === "transformers.js"
          ? {
              name,
              own: false,
              command: process.execPath,
              args: [join(SCRIPTS, "transformers.mjs")],
              spec: { ...spec, packages: await packages("node"), dtype: precision },
            }
          : {
              name,
              own: false,
              command: python,
              args: [join(SCRIPTS, "python.py")],
              spec: { ...spec, engine, precision },
            },
      );
    } catch (error) {
      if (!(error instanceof ClipError) || error.code === "aborted") throw error;
      missing.push(`${name}: ${error.message}`);
    }
  }
  return { checkpoint: weights.checkpoint, contenders, missing };
}

/** A checkpoint's folder is called by its own and a hash of where it lies, how long it is and when it was written. */
async function nameOfCheckpoint(path: string): Promise<string> {
  const real = await realpath(path);
  const { size, mtimeMs } = await stat(real);
  const hash = createHash("sha256")
    .update(JSON.stringify([real, size, mtimeMs]))
    .digest("hex");
  return `${basename(dirname(real))}-${basename(real).replace(/\.\w+$/, "")}-${hash.slice(0, 12)}`;
}

/** A link where the system has them (Windows asks for rights), else a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  const real = await realpath(from);
  await symlink(real, to).catch(() => copyFile(real, to));
}

/** The folder of the forms of one checkpoint: the given one's by its path's hash, or that of the seeded weights. */
async function weightsFolder(
  root: string,
  options: PeerOptions,
  python: string,
): Promise<{ folder: string; checkpoint: string }> {
  const { checkpoint, shape = "ViT-B-32" } = options;
  if (checkpoint !== undefined) {
    const folder = join(root, "weights", await nameOfCheckpoint(checkpoint));
    const linked = join(folder, "model.pt");
    if (!(await exists(linked))) {
      await makeFolder(folder);
      await linkOrCopy(checkpoint, linked);
    }
    return { folder, checkpoint };
  }
  const folder = join(root, "weights", shape);
  const model = join(folder, "model.pt");
  if (!(await exists(model))) {
    options.onNote(
      `Making seeded weights of ${shape} in ${folder} (ViT-B-32: 0.3 GB, its other forms 2 GB).`,
    );
    await makeFolder(folder);
    await run(python, [join(SCRIPTS, "make.py"), "weights", folder, shape, ...options.pictures], options);
  }
  return { folder, checkpoint: model };
}
