import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { makeFolder } from "../../src/models/folder.js";

const root = mkdtempSync(join(tmpdir(), "zeroclip-folder-"));
afterAll(() => rmSync(root, { recursive: true }));

it("makes what is missing and leaves what is there", async () => {
  const path = join(root, "a", "b", "c");
  await Promise.all([makeFolder(path), makeFolder(path)]);
  await makeFolder(path);
  expect(statSync(path).isDirectory()).toBe(true);
});

it("raises what the system says of a file in the way", async () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  await expect(makeFolder(file)).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeFolder(join(file, "below", "it"))).rejects.toMatchObject({ code: "ENOTDIR" });
});

it.runIf(process.platform === "linux")("ends where the system makes no folders", async () => {
  await expect(makeFolder("/proc/nowhere/at/all")).rejects.toMatchObject({ code: "ENOENT" });
});
