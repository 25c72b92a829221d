import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ClipError } from "../../src/errors.js";
import { thisPlace } from "../../src/models/place.js";
import { withScratch } from "../../src/models/scratch.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-scratch-test-"));
  vi.stubEnv("TMPDIR", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test("the folder is gone afterwards, however it ends", async () => {
  const done = await withScratch("quantize", async (scratch) => {
    writeFileSync(join(scratch, "a"), "a");
    return readdirSync(folder).length;
  });
  expect(done).toBe(1);
  const failing = withScratch("quantize", async () => {
    throw new ClipError("aborted", "The operation was aborted.");
  });
  await expect(failing).rejects.toMatchObject({ code: "aborted" });
  expect(readdirSync(folder)).toEqual([]);
});

test("what a killed process left is removed; a living one's stays", async () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  const left = (id: number): string => `zeroclip-quantize.${thisPlace()}-${id}-0123456789ab.partial`;
  for (const id of [pid, process.pid]) {
    mkdirSync(join(folder, left(id)));
    writeFileSync(join(folder, left(id), "image.data"), "a");
  }
  await withScratch("quantize", async () => undefined);
  expect(readdirSync(folder)).toEqual([left(process.pid)]);
});

test.each([
  ["is not there", () => join(folder, "nowhere")],
  ["is a file", () => join(folder, "file")],
])("a temporary folder that %s is an error that names it", async (_, path) => {
  writeFileSync(join(folder, "file"), "");
  vi.stubEnv("TMPDIR", path());
  await expect(withScratch("quantize", async () => undefined)).rejects.toMatchObject({
    code: "quantize.scratch",
    message: expect.stringContaining(`in ${path()} (TMPDIR names another folder)`),
  });
});

test("a full disk is one too; other mistakes stay as they are", async () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const other = new TypeError("x is not a function");
  const thrown = (error: Error) => withScratch("quantize", () => Promise.reject(error));
  await expect(thrown(full)).rejects.toMatchObject({ code: "quantize.scratch", cause: full });
  await expect(thrown(other)).rejects.toBe(other);
  expect(readdirSync(folder)).toEqual([]);
});
