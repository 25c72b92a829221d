import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseMilvusAddress } from "../../../src/search/store/milvus/address.js";
import { filterExpression } from "../../../src/search/store/milvus/expression.js";
import { kindFor } from "../../../src/search/store/milvus/indexing.js";
import { rowOf as readBack, recordOf, wide } from "../../../src/search/store/milvus/rows.js";
import { openStore } from "../../../src/search/store/open.js";
import { milvusAddress, milvusLite, NO_MILVUS } from "../../support/milvus-lite.js";
import { testFilters } from "./conformance/filters.js";
import { MODEL, rowOf, rowsOf, vectorOf } from "./conformance/sample.js";

const create = (address: string) => openStore(address, { model: MODEL, create: true, version: "1.2.3" });
const open = (address: string) => openStore(address, { version: "1.2.3" });

// The whole conformance suite: npm run test:stores.
describe.skipIf(NO_MILVUS)(`Milvus${NO_MILVUS}`, () => {
  const server = milvusLite();
  let made = 0;
  const next = (): string => milvusAddress(server, `c${made++}`);
  beforeAll(async () => void (await server.start()));
  afterAll(() => server[Symbol.asyncDispose]());

  describe("filters", () => testFilters({ create: () => create(next()), error: 1e-5 }));

  it("says which model made a collection, and refuses another", async () => {
    const address = next();
    {
      await using store = await create(address);
      expect(store).toMatchObject({ kind: "milvus", address });
      expect(store.identity).toMatchObject({ model: MODEL, encoding: "f32", version: "1.2.3" });
    }
    await using again = await create(address);
    expect(again.identity.created).toBeGreaterThan(1.7e12);
    const other = { ...MODEL, name: "other", revision: "b".repeat(64) };
    await expect(openStore(address, { model: other, version: "1" })).rejects.toMatchObject({
      code: "search.model",
      message: expect.stringMatching(/tiny.*other/),
    });
  });

  it("makes no collection unless it is to, and none of what Milvus can't hold", async () => {
    await expect(open(next())).rejects.toMatchObject({ code: "search.missing" });
    const refused = { model: MODEL, create: true, version: "1" } as const;
    await expect(openStore(next(), { ...refused, encoding: "int8" })).rejects.toMatchObject({
      code: "search.options",
    });
    const wide = { ...MODEL, dim: 32_769 };
    await expect(openStore(next(), { ...refused, model: wide })).rejects.toMatchObject({
      code: "search.options",
    });
  });

  it("opens one collection for several that make it at once", async () => {
    const address = next();
    const stores = await Promise.all([create(address), create(address), create(address)]);
    expect(new Set(stores.map(({ identity }) => identity.created)).size).toBe(1);
    await stores[0]!.put([rowOf(1)]);
    expect(await stores[2]!.count()).toBe(1);
    for (const store of stores) await store[Symbol.asyncDispose]();
  });

  it("keeps rows when a row of the call can't be kept", async () => {
    await using store = await create(next());
    for (const path of [`/${"漢".repeat(25_000)}.jpg`, "/\ufdd0.jpg"]) {
      await expect(store.put([rowOf(1), rowOf(2, { path })])).rejects.toMatchObject({
        code: "search.row",
        message: expect.stringContaining("65535 bytes"),
      });
    }
    expect(await store.count()).toBe(0);
  });

  it("finds names with signs of patterns, and with those that look like them", async () => {
    await using store = await create(next());
    const paths = ["/a%b.jpg", "/a％b.jpg", "/a_b.jpg", "/a＿b.jpg", "/a\\b.jpg", "/a＼b.jpg", "/axb.jpg"];
    await store.put(paths.map((path, n) => rowOf(n, { path, time: null })));
    for (const path of paths) {
      expect(await store.count({ glob: path })).toBe(1);
      expect(await store.count({ paths: [path] })).toBe(1);
    }
    expect(await store.count({ glob: "/a?b.jpg" })).toBe(7);
    expect(await store.count({ glob: "/*\ufdd0*" })).toBe(0);
  });

  it("waits for a server that starts anew, and has what was put", async () => {
    await using store = await create(next());
    await store.put(rowsOf(0, 20));
    await server.kill();
    const counted = store.count();
    await server.start();
    expect(await counted).toBe(20);
    expect((await store.nearest([vectorOf(3)], { k: 1 }))[0]![0]!.id).toBe(rowOf(3).id);
  });
});

describe("a Milvus server that is away", () => {
  let silent: Server;
  beforeAll(
    () =>
      new Promise<void>((resolve) => {
        silent = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1", resolve);
      }),
  );
  afterAll(() => void silent.close());

  it("is one sentence, without the password", async () => {
    const { port } = silent.address() as { port: number };
    const failed = create(`milvus://root:secret@127.0.0.1:${port}/pictures`);
    await expect(failed).rejects.toMatchObject({
      code: "search.store",
      message: expect.stringMatching(
        /^Expected the store milvus:\/\/127\.0\.0\.1:\d+\/pictures to answer but it failed \([^\n]+\)\.$/,
      ),
    });
  });
});

describe("an address of Milvus", () => {
  it.each([
    [
      "milvus://host/pictures",
      { server: "host:19530", tls: false, collection: "pictures", token: undefined },
    ],
    ["milvus://host:80/pictures", { server: "host:80" }],
    ["milvuss://a.b.c:443/db_1/p", { server: "a.b.c:443", tls: true, database: "db_1", collection: "p" }],
    ["milvus://root:p%40ss@host/x", { token: "root:p@ss", shown: "milvus://host/x" }],
    ["milvus://key@host/x", { token: "key" }],
    ["milvus://[::1]:19530/x", { server: "[::1]:19530" }],
  ])("%s", (address, parts) => {
    expect(parseMilvusAddress(address)).toMatchObject(parts);
  });

  it("gives way to a token that is given apart", () => {
    expect(parseMilvusAddress("milvus://a:b@host/x", "key").token).toBe("key");
  });

  it.each([
    "milvus://",
    "milvus://host",
    "milvus://host/",
    "milvus://host/1x",
    "milvus://host/a-b",
    "milvus://host/a/b/c",
    "milvus://host/a?x=1",
    "milvus://host:99999/a",
    "milvus://me:secret@/a",
    "milvus://me:secret@host/a b",
  ])("is not %s", (address) => {
    expect(() => parseMilvusAddress(address)).toThrow(
      expect.objectContaining({ code: "search.address", message: expect.not.stringContaining("secret") }),
    );
  });
});

describe("what Milvus is told", () => {
  it.each<[object, string]>([
    [{}, "bytes >= 0"],
    [{ folder: "/a_b" }, '(path >= "/a＿b/" and path < "/a＿b0")'],
    [{ glob: "*/50%?.jpg" }, '(path like "%/50％_.jpg")'],
    [{ labels: { any: ['say "x"\n'] } }, '(array_contains_any(labels, ["say \\"x\\"\\n"]))'],
    [{ taken: { least: 1.5 } }, "(taken > -9007199254740992 and taken >= 2)"],
    [{ bytes: { least: 1e21 } }, "(bytes < 0)"],
    [{ not: { or: [] } }, "(not ((bytes < 0)))"],
  ])("%j", (filter, expression) => {
    expect(filterExpression(filter)).toBe(expression);
  });

  it("keeps texts whole in which the signs of patterns are wide", () => {
    const texts = ["100%_a\\b", "％＿＼", "%％_＿\\＼", "%", "％", "plain 漢"];
    for (const path of texts) {
      expect(wide(path)).not.toMatch(/[%_\\]/);
      expect(readBack(recordOf({ path }, ["path"]), ["path"])).toEqual({ path });
    }
    expect(new Set(texts.map(wide)).size).toBe(texts.length);
  });

  it.each([
    [0, "FLAT"],
    [9_999, "FLAT"],
    [10_000, "HNSW"],
    [19_999_999, "HNSW"],
    [20_000_000, "IVF_SQ8"],
    [200_000_000, "DISKANN"],
  ])("is an index for %i rows", (rows, type) => {
    expect(kindFor(rows).type).toBe(type);
  });
});
