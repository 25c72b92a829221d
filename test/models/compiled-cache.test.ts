import { execFile, spawnSync } from "node:child_process";
import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  open as openFile,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  checkCacheWritable,
  findCompiled,
  listCompiled,
  removeCompiled,
  verifyCompiled,
} from "../../src/models/compiled-cache.js";
import { openModel } from "../../src/models/open.js";
import { thisPlace } from "../../src/models/place.js";
import type { ModelHandle, OpenModelOptions } from "../../src/models/plan.js";
import { hashFiles } from "../../src/models/weights-hash.js";
import { transpile } from "../support/transpile.js";
import { CHECKPOINTS } from "./golden.js";

let folder = "";
let checkpoint = "";
let cacheFolder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zeroclip-cache-"));
  checkpoint = join(folder, "tiny.pt");
  cacheFolder = join(folder, "compiled");
  await cp(`${CHECKPOINTS}tiny-vit.openai.pt`, checkpoint);
});
afterEach(() => rm(folder, { recursive: true }));

/** Opens the tiny model and tells whether that compiled it. */
async function open(
  options: Partial<OpenModelOptions> = {},
): Promise<{ model: ModelHandle; compiled: boolean }> {
  let compiled = false;
  const onProgress = (stage: string): void => {
    compiled ||= stage === "compile";
  };
  return { model: await openModel(checkpoint, { cacheFolder, onProgress, ...options }), compiled };
}

const keyOf = (model: ModelHandle): string => model.manifest.revision.slice(0, 32);

test("compiles once; progress ends at its total; the entry is listed, verified and removed", async () => {
  const seen: [string, number, number][] = [];
  const first = await openModel(checkpoint, {
    cacheFolder,
    name: "tiny",
    onProgress: (...step) => seen.push(step),
  });
  for (const stage of ["hash", "compile"]) {
    const last = seen.filter(([name]) => name === stage).at(-1)!;
    expect(last[1]).toBe(last[2]);
    expect(last[2]).toBeGreaterThan(100_000);
  }
  const second = await open({ name: "another name" });
  expect(second.compiled).toBe(false);
  expect(second.model.manifest).toEqual({ ...first.manifest, name: "another name" });

  const [entry, ...others] = await listCompiled(cacheFolder);
  expect(others).toEqual([]);
  expect(entry).toMatchObject({ key: keyOf(first), name: "tiny", precision: "fp32", folder: first.folder });
  const names = (await readdir(first.folder)).filter((name) => name !== "entry.json");
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(first.folder, name))).size));
  expect(entry!.bytes).toBe(sizes.reduce((a, b) => a + b, 0));
  expect(await verifyCompiled(cacheFolder, entry!.key)).toBe(true);
  expect(await removeCompiled(cacheFolder, entry!.key)).toBe(true);
  expect(await removeCompiled(cacheFolder, entry!.key)).toBe(false);
  expect(await listCompiled(cacheFolder)).toEqual([]);
  expect((await open()).compiled).toBe(true);
});

test("other content, activation or rules are other entries", async () => {
  const first = await open();
  const gelu = await open({ activation: "gelu" });
  expect(gelu.compiled).toBe(true);
  await cp(`${CHECKPOINTS}tiny-rn.openai.pt`, checkpoint);
  const other = await open();
  expect(other.compiled).toBe(true);
  expect(new Set([first, gelu, other].map(({ model }) => model.manifest.revision)).size).toBe(3);
});

describe("a damaged entry is compiled again", () => {
  test.each([
    ["a cut data file", (at: string) => truncate(join(at, "image.data"), 1000)],
    ["a longer data file", (at: string) => appendFile(join(at, "image.data"), "x")],
    ["a missing graph", (at: string) => rm(join(at, "text.onnx"))],
    ["a changed data file", (at: string) => flip(join(at, "image.data"))],
    ["a changed graph", (at: string) => flip(join(at, "image.onnx"))],
    ["an entry file that is no JSON", (at: string) => writeFile(join(at, "entry.json"), "{")],
    [
      "a changed entry file",
      (at: string) => change(join(at, "entry.json"), /"logitScale": \d/, '"logitScale": 2'),
    ],
  ])("%s", async (_, damage) => {
    const { model } = await open();
    await damage(model.folder);
    expect(await verifyCompiled(cacheFolder, keyOf(model))).toBe(false);
    const again = await open();
    expect(again.compiled).toBe(true);
    expect(again.model.manifest).toEqual(model.manifest);
    expect(await verifyCompiled(cacheFolder, keyOf(model))).toBe(true);
  });

  test("a byte of the weights that left no trace in size, time and inode, which only verifying sees; discarding mends it", async () => {
    const { model } = await open();
    const path = join(model.folder, "image.data");
    // Whole seconds: they can be put back exactly.
    const then = new Date(1_700_000_000_000);
    await utimes(path, then, then);
    expect((await open()).compiled).toBe(false);
    await flip(path);
    await utimes(path, then, then);
    expect((await open()).compiled).toBe(false);
    expect(await verifyCompiled(cacheFolder, keyOf(model))).toBe(false);
    await model.discard!();
    expect((await open()).compiled).toBe(true);
    expect(await verifyCompiled(cacheFolder, keyOf(model))).toBe(true);
  });
});

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(path, bytes);
}

async function change(path: string, from: RegExp, to: string): Promise<void> {
  const text = await readFile(path, "utf8");
  expect(text).toMatch(from);
  await writeFile(path, text.replace(from, to));
}

test("calls and processes that compile at once all get the whole model, and leave nothing behind", async () => {
  await using source = await transpile("models/open");
  const child = join(import.meta.dirname, "..", "full-size", "compile-child.mjs");
  const args = [child, join(source.folder, "src/models/open.js"), checkpoint, cacheFolder];
  const processes = [1, 2, 3].map(() => promisify(execFile)(process.execPath, args));
  const own = await Promise.all([open(), open()]);
  const printed = (await Promise.all(processes)).map(({ stdout }) => JSON.parse(stdout).model);
  for (const { folder, manifest } of [...own.map(({ model }) => model), ...printed]) {
    expect({ folder, manifest }).toEqual({ folder: own[0]!.model.folder, manifest: own[0]!.model.manifest });
  }
  expect(await verifyCompiled(cacheFolder, keyOf(own[0]!.model))).toBe(true);
  const left = (await readdir(cacheFolder)).filter((name) => name.endsWith(".partial"));
  expect(left).toEqual([]);
});

test("an aborted or failed compilation leaves nothing", async () => {
  const controller = new AbortController();
  const options = {
    signal: controller.signal,
    onProgress: (stage: string) => stage === "compile" && controller.abort(),
  };
  await expect(openModel(checkpoint, { cacheFolder, ...options })).rejects.toMatchObject({ code: "aborted" });
  expect(await readdir(cacheFolder)).toEqual(["hashes.json"]);
});

test("a cache folder that can't be made is an error of ours", async () => {
  const impossible = { cacheFolder: join(checkpoint, "inside a file") };
  await expect(openModel(checkpoint, impossible)).rejects.toMatchObject({ code: "model.cache" });
});

test("what a killed process left is removed by the next one that compiles, and nothing of one that lives", async () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  const name = (place: string, of: number) => `${"0".repeat(32)}.${place}-${of}-${"a".repeat(12)}.partial`;
  const dead = name(thisPlace(), pid);
  const living = name(thisPlace(), process.pid);
  const elsewhere = name("f".repeat(16), pid);
  for (const one of [dead, living, elsewhere])
    await mkdir(join(cacheFolder, one, "inside"), { recursive: true });
  await open();
  const names = await readdir(cacheFolder);
  expect(names).not.toContain(dead);
  expect(names).toEqual(expect.arrayContaining([living, elsewhere]));
});

test("what a process of another place left is removed after a day", async () => {
  const old = join(cacheFolder, `${"0".repeat(32)}.1-abc.partial`);
  const young = join(cacheFolder, `${"1".repeat(32)}.1-abc.partial`);
  for (const path of [old, young]) await mkdir(path, { recursive: true });
  const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
  await utimes(old, yesterday, yesterday);
  await open();
  const names = await readdir(cacheFolder);
  expect(names).not.toContain(old.split("/").at(-1));
  expect(names).toContain(young.split("/").at(-1));
});

test("no key names a folder outside the cache", async () => {
  for (const key of ["..", "../x", "a".repeat(31), "A".repeat(32)]) {
    await expect(removeCompiled(cacheFolder, key)).rejects.toMatchObject({ code: "model.cache" });
  }
});

test("hashes are remembered while a file stays as it was", async () => {
  let bytes = 0;
  const hash = async (): Promise<string> => {
    bytes = 0;
    const [sha256] = await hashFiles([checkpoint], cacheFolder, { onProgress: (done) => (bytes = done) });
    return sha256!;
  };
  const first = await hash();
  expect(bytes).toBe((await stat(checkpoint)).size);
  expect(await hash()).toBe(first);
  expect(bytes).toBe(0);
  await flip(checkpoint);
  expect(await hash()).not.toBe(first);
  await writeFile(join(cacheFolder, "hashes.json"), '{"a": 1, "b": null');
  expect(await hash()).toMatch(/^[0-9a-f]{64}$/);
  expect(bytes).toBeGreaterThan(0);
});

test("weights that were changed with size and time as they were are seen by verifying, and then compiled anew", async () => {
  const { model } = await open();
  const weights = join(model.folder, "image.data");
  const { atime, mtime } = await stat(weights);
  const bytes = await readFile(weights);
  bytes[100]! ^= 1;
  const changed = await openFile(weights, "r+");
  await changed.write(bytes, 0, bytes.length, 0);
  await changed.close();
  await utimes(weights, atime, mtime);
  expect(await verifyCompiled(cacheFolder, keyOf(model))).toBe(false);
  expect((await open()).compiled).toBe(true);
  expect(await verifyCompiled(cacheFolder, keyOf(model))).toBe(true);
});

test("an entry whose record is damaged is found by its key, and removed", async () => {
  const { model } = await open();
  await writeFile(join(model.folder, "entry.json"), "{");
  expect(await listCompiled(cacheFolder)).toEqual([]);
  const found = await findCompiled(cacheFolder, keyOf(model));
  expect(found).toEqual({ key: keyOf(model), folder: model.folder, bytes: expect.any(Number) });
  expect(found!.bytes).toBeGreaterThan(100_000);
  expect(await removeCompiled(cacheFolder, keyOf(model))).toBe(true);
  expect(await findCompiled(cacheFolder, keyOf(model))).toBeUndefined();
});

test("whether a cache can be written to is told in words, and trying leaves nothing behind", async () => {
  await checkCacheWritable(cacheFolder);
  expect(await readdir(cacheFolder)).toEqual([]);
  const inFile = join(checkpoint, "compiled");
  await expect(checkCacheWritable(inFile)).rejects.toMatchObject({
    code: "model.cache",
    message: `Expected to write to ${inFile} but can't: a part of its path is a file.`,
  });
});
