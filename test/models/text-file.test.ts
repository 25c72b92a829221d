import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readTextFile, type TextFileKind } from "../../src/models/text-file.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-text-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KIND: TextFileKind = { code: "labels.file", what: "a file of labels", most: 1000 };
const WORDS = "猫\ndog\n";

function read(bytes: string | Uint8Array): Promise<string> {
  const path = join(folder, "file.txt");
  writeFileSync(path, bytes);
  return readTextFile(path, KIND);
}

const bigEndian = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();

describe("a text file", () => {
  it.each([
    ["UTF-8", Buffer.from(WORDS)],
    ["UTF-8 with its mark", Buffer.from(`\ufeff${WORDS}`)],
    ["UTF-16 as Windows writes it", Buffer.from(`\ufeff${WORDS}`, "utf16le")],
    ["UTF-16, the other way round", bigEndian(`\ufeff${WORDS}`)],
  ])("is read in %s", async (_, bytes) => {
    expect(await read(bytes)).toBe(WORDS);
  });

  it.each([
    ["Latin-1", Buffer.from("dog\ncaf\xe9\n", "latin1"), "line 2"],
    ["UTF-16 without its mark", Buffer.from("cat\ndog\n", "utf16le"), "line 1"],
    ["half of a UTF-16 sign", Buffer.from([0xff, 0xfe, 0x63]), "line 1"],
    ["bytes of a picture", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), "line 1"],
  ])("is refused in %s, with the line", async (_, bytes, line) => {
    const message = expect.stringContaining(`but ${line} is neither.`);
    await expect(read(bytes)).rejects.toMatchObject({ code: "labels.file", message });
  });

  it("is bounded, also where it has no size", async () => {
    expect(await read("x".repeat(1000))).toHaveLength(1000);
    const message = expect.stringContaining("Expected at most 1000 bytes for a file of labels");
    await expect(read("x".repeat(1001))).rejects.toMatchObject({ code: "labels.file", message });
  });

  it.skipIf(process.platform === "win32")(
    "may be a pipe (skipped on Windows, which has no FIFOs)",
    async () => {
      const pipe = join(folder, "pipe");
      execFileSync("mkfifo", [pipe]);
      const text = readTextFile(pipe, KIND);
      await writeFile(pipe, WORDS);
      expect(await text).toBe(WORDS);
    },
  );

  it("is told where nothing is there, and where a folder is", async () => {
    const at = (name: string) => readTextFile(join(folder, name), KIND);
    await expect(at("gone")).rejects.toThrow(/a file of labels at .*gone but there is no such file\.$/);
    mkdirSync(join(folder, "folder"));
    await expect(at("folder")).rejects.toThrow(/folder but it is a folder\.$/);
  });
});
