import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { indexFolders } from "../../../src/search/ingest/index-folders.js";
import { modelOf } from "../../../src/search/ingest/model.js";
import { verifyFiles } from "../../../src/search/ingest/verify.js";
import type { FoundFile, WalkError } from "../../../src/search/ingest/walk.js";
import { objectsFolder, parseObject } from "../../../src/search/objects/address.js";
import { Objects } from "../../../src/search/objects/objects.js";
import { openStore } from "../../../src/search/store/open.js";
import { pixelEncoder } from "../../support/pixel-encoder.js";
import { NO_S3, s3Server } from "../../support/s3-server.js";
import { picture } from "../ingest/scene.js";

describe("an address of objects", () => {
  it.each([
    ["s3://bucket", { bucket: "bucket", key: "" }],
    ["s3://bucket/a b/ü?#.jpg", { bucket: "bucket", key: "a b/ü?#.jpg" }],
    ["S3://my.bucket-1/a//b/", { bucket: "my.bucket-1", key: "a//b/" }],
  ])("%s", (address, parts) => {
    expect(parseObject(address)).toEqual(parts);
  });

  it("is a folder without a slash at its end", () => {
    expect(objectsFolder("s3://bucket/a/b//")).toBe("s3://bucket/a/b");
    expect(objectsFolder("s3://bucket")).toBe("s3://bucket");
  });

  it.each(["s3://", "s3:///key", "s3://no bucket/x"])("is not %s", (address) => {
    expect(() => parseObject(address)).toThrow(expect.objectContaining({ code: "input.none" }));
  });
});

describe.skipIf(NO_S3)(`object storage${NO_S3}`, () => {
  const server = s3Server();
  let client: S3Client;
  const options = () => ({ endpoint: `http://127.0.0.1:${server.port}`, region: "us-east-1" });
  const put = (Key: string, Body: Uint8Array | string) =>
    client.send(new PutObjectCommand({ Bucket: "pictures", Key, Body }));

  beforeAll(async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
    await server.start();
    client = new S3Client({ ...options(), forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: "pictures" }));
    await put("shop/a b/ü?#%.png", await picture(1));
    await put("shop/2.png", await picture(2));
    await put("shop/broken.jpg", "no picture");
    await put("shop/.hidden/3.png", await picture(3));
    await put("shop/notes.txt", "no picture");
    await put("shopping/4.png", await picture(4));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    client?.destroy();
    await server[Symbol.asyncDispose]();
  });

  async function list(address: string): Promise<(FoundFile | WalkError)[]> {
    using objects = await Objects.open(options());
    const found = [];
    for await (const file of objects.list(address)) found.push(file);
    return found;
  }

  it("is listed below a prefix as below a folder", async () => {
    const found = await list("s3://pictures/shop/");
    expect(found.map(({ path }) => path)).toEqual([
      "s3://pictures/shop/2.png",
      "s3://pictures/shop/a b/ü?#%.png",
      "s3://pictures/shop/broken.jpg",
    ]);
    expect(found[0]).toMatchObject({ kind: "picture", bytes: (await picture(2)).length });
    expect((found[0] as FoundFile).modified).toBeGreaterThan(1.7e12);
    expect(await list("s3://pictures")).toHaveLength(4);
    expect(await list("s3://pictures/none")).toEqual([]);
  });

  it("is listed page by page", async () => {
    await client.send(new CreateBucketCommand({ Bucket: "many" }));
    const keys = Array.from({ length: 1_050 }, (_, n) => `${n}.jpg`);
    for (let from = 0; from < keys.length; from += 50) {
      const part = keys.slice(from, from + 50);
      await Promise.all(
        part.map((Key) => client.send(new PutObjectCommand({ Bucket: "many", Key, Body: "x" }))),
      );
    }
    const found = (await list("s3://many")).map(({ path }) => path.replace("s3://many/", ""));
    expect(found.toSorted()).toEqual(keys.toSorted());
  });

  it("gives the bytes of an object, and no more than are allowed", async () => {
    using objects = await Objects.open(options());
    const bytes = await picture(1);
    expect(Buffer.from(await objects.read("s3://pictures/shop/a b/ü?#%.png", 1e6)).equals(bytes)).toBe(true);
    await expect(objects.read("s3://pictures/shop/2.png", 100)).rejects.toMatchObject({
      code: "image.too-large",
    });
    await expect(objects.read("s3://pictures/none.png", 100)).rejects.toMatchObject({
      code: "input.object",
      cause: { code: "ENOENT" },
    });
  });

  it("that is not there is one sentence", async () => {
    await expect(list("s3://no-such-bucket/x")).rejects.toMatchObject({ code: "input.none" });
    using objects = await Objects.open({ endpoint: "http://127.0.0.1:1", region: "x" });
    await expect(objects.read("s3://pictures/x.png", 100)).rejects.toMatchObject({
      code: "input.object",
      message: expect.stringMatching(/^Expected to read s3:\/\/pictures\/x\.png but it failed \([^\n]+\)\.$/),
    });
  });

  it("is indexed as a folder is", async () => {
    const encoder = pixelEncoder();
    await using store = await openStore("memory:", {
      model: modelOf(encoder),
      create: true,
      version: "test",
    });
    const index = () => indexFolders(["s3://pictures/shop"], { store, encoder, s3: options() });
    const first = await index();
    expect(first).toMatchObject({ found: 3, added: 2, failed: 1 });
    expect(first.errors[0]).toMatchObject({ path: "s3://pictures/shop/broken.jpg" });
    expect(await index()).toMatchObject({ unchanged: 2, added: 0 });

    await put("shop/5.png", await picture(2));
    await client.send(new DeleteObjectCommand({ Bucket: "pictures", Key: "shop/2.png" }));
    expect(await index()).toMatchObject({ copied: 1, added: 0, removed: 1 });
    expect(encoder.computed).toBe(2);
    expect(await store.count({ folder: "s3://pictures/shop" })).toBe(2);

    const verify = (content: boolean) => verifyFiles(store, { s3: options(), content });
    expect(await verify(true)).toMatchObject({ files: 2, missing: 0, changed: 0, unreadable: 0 });
    expect(await verify(false)).toMatchObject({ files: 2, missing: 0, changed: 0, unreadable: 0 });
    const bytes = Buffer.from(await picture(2));
    bytes[bytes.length - 20]! ^= 1;
    await put("shop/5.png", bytes);
    await client.send(new DeleteObjectCommand({ Bucket: "pictures", Key: "shop/a b/ü?#%.png" }));
    expect(await verify(true)).toMatchObject({ files: 2, missing: 1, changed: 1, unreadable: 0 });
  });
});
