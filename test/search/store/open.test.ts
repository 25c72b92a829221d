import { spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asStoreError } from "../../../src/search/store/lancedb/failure.js";
import { Writing } from "../../../src/search/store/lancedb/writing.js";
import { openStore } from "../../../src/search/store/open.js";
import { MODEL, rowOf, rowsOf } from "./conformance/sample.js";

let folder = "";
let db = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-open-"));
  db = join(folder, "db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const create = (address = db) => openStore(address, { model: MODEL, create: true, version: "1.2.3" });
const open = (address = db) => openStore(address, { version: "1.2.3" });

async function make(rows = 20): Promise<void> {
  await using store = await create();
  await store.put(rowsOf(0, rows));
}

/** Files of the table whose names end so. */
function filesOf(part: string, end: string): string[] {
  const path = join(db, "pictures.lance", part);
  return readdirSync(path)
    .filter((name) => name.endsWith(end))
    .map((name) => join(path, name));
}

/** Opens and reads everything. */
async function readAll(): Promise<number> {
  await using store = await open();
  let rows = 0;
  for await (const batch of store.scan({ columns: ["vector", "path"] })) rows += batch.length;
  return rows;
}

describe("a folder of LanceDB", () => {
  it("says which model made it, when and by which version", async () => {
    await make();
    await using store = await open();
    expect(store.identity).toMatchObject({ model: MODEL, encoding: "f16", version: "1.2.3" });
    expect(store.identity.created).toBeGreaterThan(1.7e12);
    expect(store).toMatchObject({ kind: "lancedb", address: db });
    expect((await store.stats()).bytes).toBeGreaterThan(1000);
  });

  it("keeps whole floats where it is asked to", async () => {
    await using store = await openStore(db, { model: MODEL, create: true, encoding: "f32", version: "1" });
    await store.put(rowsOf(0, 3));
    expect((await store.get([rowOf(2).id], ["vector"]))[0]!.vector).toEqual(rowOf(2).vector);
    expect((await open()).identity.encoding).toBe("f32");
  });

  it.each([
    ["revision", { ...MODEL, name: "other", revision: "b".repeat(64) }],
    ["precision", { ...MODEL, name: "other", precision: "int8" as const }],
    ["length", { ...MODEL, name: "other", dim: 64 }],
  ])("refuses a model of another %s, and names both", async (_name, model) => {
    await make();
    await expect(openStore(db, { model, create: true, version: "1" })).rejects.toMatchObject({
      code: "search.model",
      message: expect.stringMatching(/holds vectors of tiny .* but the model is other /),
    });
  });

  it("is made by one of two that make it at once", async () => {
    const stores = await Promise.all([create(), create(), create()]);
    await stores[0]!.put(rowsOf(0, 5));
    expect(await stores[2]!.count()).toBe(5);
    for (const store of stores) await store[Symbol.asyncDispose]();
  });

  it("is made anew where a process was killed while making it", async () => {
    await make(0);
    rmSync(join(db, "zeroclip-store.json"));
    await expect(open()).rejects.toMatchObject({ code: "search.missing" });
    await make();
    expect(await readAll()).toBe(20);
  });

  it("is never made over rows whose model nobody knows", async () => {
    await make();
    rmSync(join(db, "zeroclip-store.json"));
    await expect(create()).rejects.toMatchObject({ code: "search.corrupt" });
  });

  it.each([
    ["its file is no JSON", () => writeFileSync(join(db, "zeroclip-store.json"), "{")],
    ["its file says nonsense", () => writeFileSync(join(db, "zeroclip-store.json"), '{"formatVersion":1}')],
    ["its table is gone", () => rmSync(join(db, "pictures.lance"), { recursive: true })],
    ["its versions are gone", () => rmSync(join(db, "pictures.lance", "_versions"), { recursive: true })],
    ["its versions are cut", () => filesOf("_versions", ".manifest").map((path) => truncateSync(path, 10))],
    ["its data is gone", () => filesOf("data", ".lance").map((path) => rmSync(path))],
    ["its data is cut", () => filesOf("data", ".lance").map((path) => truncateSync(path, 100))],
    ["its data is empty", () => filesOf("data", ".lance").map((path) => truncateSync(path, 0))],
    [
      "its data is zero",
      () => filesOf("data", ".lance").map((path) => writeFileSync(path, readFileSync(path).fill(0))),
    ],
  ])("is called damaged, in one sentence, where %s", async (_name, damage) => {
    await make();
    damage();
    const error = await readAll().then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: "search.corrupt" });
    expect(error.message).toMatch(/^[^\n]*\.$/);
    expect(error.message).not.toContain(".rs:");
  });
});

describe("an address", () => {
  it("is refused where there is no store, and none is to be made", async () => {
    await expect(open()).rejects.toMatchObject({ code: "search.missing" });
    mkdirSync(db);
    await expect(open()).rejects.toMatchObject({ code: "search.missing" });
    await expect(openStore(db, { create: true, version: "1" })).rejects.toMatchObject({
      code: "search.options",
    });
  });

  it("is refused where it is a folder of pictures, which stays as it is", async () => {
    writeFileSync(join(folder, "cat.jpg"), "x");
    await expect(create(folder)).rejects.toMatchObject({ code: "search.address" });
    expect(readdirSync(folder)).toEqual(["cat.jpg"]);
    await expect(create(join(folder, "cat.jpg"))).rejects.toMatchObject({ code: "search.address" });
  });

  it.each(["", "redis://host/0", "s3://bucket/db"])("is refused where it is %j", async (address) => {
    await expect(create(address)).rejects.toMatchObject({ code: "search.address" });
  });

  it("asks for floats where bytes can't be searched", async () => {
    const options = { model: MODEL, create: true, encoding: "int8", version: "1" } as const;
    await expect(openStore(db, options)).rejects.toMatchObject({ code: "search.options" });
  });

  it("says what is missing on a machine without LanceDB's package", async () => {
    vi.resetModules();
    vi.doMock("@lancedb/lancedb", () => {
      throw new Error("Cannot find module '@lancedb/lancedb-plan9-mips'");
    });
    const fresh = await import("../../../src/search/store/open.js");
    const opened = fresh.openStore(db, { model: MODEL, create: true, version: "1" });
    await expect(opened).rejects.toMatchObject({
      code: "search.native",
      message: expect.stringContaining(`${process.platform}-${process.arch}`),
    });
    vi.doUnmock("@lancedb/lancedb");
    vi.resetModules();
  });
});

describe("two that write", () => {
  /** Another process that holds the store's lock until it is killed. */
  async function holder(): Promise<{ readonly pid: number; kill(): Promise<void> }> {
    const lock = JSON.stringify(new URL("../../../dist/models/lock.js", import.meta.url).href);
    const path = JSON.stringify(join(db, "write.lock"));
    const code = `const { acquireLock } = await import(${lock}); await acquireLock(${path}); console.log("held"); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code]);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    return {
      pid: child.pid!,
      kill: () => {
        child.kill("SIGKILL");
        return ended;
      },
    };
  }

  it("are told who is writing; a reader is not kept, and the dead hold nothing", async () => {
    await make();
    await using store = await open();
    const other = await holder();
    await expect(store.hold()).rejects.toMatchObject({
      code: "search.busy",
      message: expect.stringContaining(`process ${other.pid} of this machine`),
    });
    expect(await store.count()).toBe(20);
    const waiting = store.put([rowOf(30)]);
    await other.kill();
    await waiting;
    expect(await store.count()).toBe(21);
    await using _hold = await store.hold();
  });

  it("wait for what takes long in another process, and not in their own", async () => {
    mkdirSync(db);
    const [own, other] = [new Writing(db), new Writing(db)];
    let finish = (): void => undefined;
    let isDone = false;
    const long = own.locked(
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    );
    await own.run(async () => {
      isDone = true;
    });
    expect(isDone).toBe(true);
    await expect(other.hold()).rejects.toMatchObject({ code: "search.busy" });
    finish();
    await long;
    {
      await using _hold = await other.hold();
      await expect(own.hold()).rejects.toMatchObject({ code: "search.busy" });
    }
    expect(await own.run(async () => 1)).toBe(1);
    expect(readdirSync(db)).toEqual([]);
  });

  it("are told where both are in one process", async () => {
    await make();
    await using first = await open();
    await using second = await open();
    {
      await using _hold = await first.hold();
      await expect(second.hold()).rejects.toMatchObject({ code: "search.busy" });
      await expect(first.hold()).rejects.toMatchObject({ code: "search.busy" });
    }
    await using _hold = await second.hold();
  });
});

it("tells a full disk, damage and other failures apart by what the engine says", () => {
  const full = new Error(
    "lance error: LanceError(IO): No space left on device (os error 28), /src/writer.rs:380:9",
  );
  expect(asStoreError(full, "/db")).toMatchObject({
    code: "search.disk",
    message: expect.not.stringContaining(".rs"),
  });
  expect(asStoreError(Object.assign(new Error("ENOSPC: no space left on device, write")), "/db").code).toBe(
    "search.disk",
  );
  expect(
    asStoreError(new Error("lance error: Encountered corrupt file x, /a/b.rs:1:2 Caused by: y"), "/db"),
  ).toMatchObject({
    code: "search.corrupt",
    message:
      "Expected a whole store at /db but its files are damaged (lance error: Encountered corrupt file x).",
  });
  expect(asStoreError(new Error("EACCES: permission denied"), "/db").code).toBe("search.store");
});
