import { createHash } from "node:crypto";
import fs, { type FileHandle, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { downloadFile } from "../../src/models/download.js";
import { createFetch } from "../../src/models/http.js";
import { type HostileServer, startHostileServer } from "../support/hostile-server.js";
import { seededBytes } from "../support/random-bytes.js";

/** The disk of these tests: bytes that may still be written to partial files, and what `statfs` tells. */
const disk = { room: Number.POSITIVE_INFINITY, free: undefined as number | undefined };
const real = { open: fs.open, statfs: fs.statfs };

async function open(...args: Parameters<typeof real.open>): Promise<FileHandle> {
  const handle = await real.open(...args);
  const write = handle.write.bind(handle) as (...write: unknown[]) => Promise<{ bytesWritten: number }>;
  const limited = (chunk: Uint8Array, offset: number, length: number, at: number) => {
    if (length > disk.room) throw Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" });
    disk.room -= length;
    return write(chunk, offset, length, at);
  };
  return Object.assign(handle, { write: limited });
}

async function statfs(...args: Parameters<typeof real.statfs>) {
  const facts = await real.statfs(...args);
  return disk.free === undefined ? facts : { ...facts, bavail: disk.free, bsize: 1 };
}

/** Node's own functions for all modules, those that were imported before too. */
function functions(given: object): void {
  Object.assign(fs, given);
  syncBuiltinESMExports();
}

const bytes = seededBytes(300_000, 5);
const network = createFetch();
let server: HostileServer;
let folder: string;
let target: string;

beforeEach(async () => {
  functions({ open, statfs });
  server = await startHostileServer();
  server.files.set("/file", bytes);
  folder = await mkdtemp(join(tmpdir(), "zeroclip-disk-"));
  target = join(folder, "file");
  Object.assign(disk, { room: Number.POSITIVE_INFINITY, free: undefined });
});
afterEach(async () => {
  functions(real);
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const download = (): Promise<boolean> =>
  downloadFile(
    {
      urls: [`${server.origin}/file`],
      checksum: { kind: "sha256", hex: createHash("sha256").update(bytes).digest("hex") },
      size: { min: bytes.length, max: bytes.length },
    },
    target,
    { fetch: network.fetch, stallMs: 5_000 },
  );

it("a disk that fills is one sentence, and the next time goes on from what was kept", async () => {
  disk.room = 200_000;
  await expect(download()).rejects.toMatchObject({
    code: "download.disk",
    message: `The disk is full: make room in ${folder} and run it again, what has come of file is kept.`,
  });
  expect(await readdir(folder)).toEqual(["file.kept.partial"]);
  expect(server.requests).toHaveLength(1);
  disk.room = Number.POSITIVE_INFINITY;
  await download();
  expect((await readFile(target)).equals(bytes)).toBe(true);
  expect(server.requests[1]?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
});

it("a disk that is too small is told before the first byte", async () => {
  disk.free = 299_999;
  await expect(download()).rejects.toMatchObject({
    code: "download.disk",
    message: `Expected 300000 bytes of room in ${folder} for file but 299999 are free.`,
  });
  expect(server.requests).toEqual([]);
});

it("what is kept counts as room", async () => {
  disk.free = 200_000;
  await writeFile(`${target}.kept.partial`, bytes.subarray(0, 150_000));
  await download();
  expect((await readFile(target)).equals(bytes)).toBe(true);
});

it("a folder in the file's place is an error of the disk", async () => {
  await mkdir(join(target, "inside"), { recursive: true });
  await expect(download()).rejects.toMatchObject({
    code: "download.disk",
    message: expect.stringContaining(target),
  });
});
