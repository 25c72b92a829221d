import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { searchParts } from "../../src/cli/serve-search.js";
import { ZeroclipClient } from "../../src/client/index.js";
import { loadClip } from "../../src/clip.js";
import { indexFolders } from "../../src/search/ingest/index-folders.js";
import { modelOf } from "../../src/search/ingest/model.js";
import { openStore } from "../../src/search/store/open.js";
import { NO_S3, s3Server } from "../support/s3-server.js";
import { photo, startServer, type TestServer } from "./server.js";

const PHOTOS = ["astronaut", "cat", "coffee", "rocket"];

// Pictures that are in object storage alone: their rows are in a folder, their bytes are fetched when somebody looks.
describe.skipIf(NO_S3)(`a server of pictures in object storage${NO_S3}`, () => {
  const s3 = s3Server();
  let folder = "";
  let bucket: S3Client;
  let one: TestServer;
  let client: ZeroclipClient;
  const put = (Key: string, Body: Uint8Array) =>
    bucket.send(new PutObjectCommand({ Bucket: "pictures", Key, Body }));
  const get = (url: string) => one.server.app.inject({ url });
  const hit = async (text: string) => (await client.search({ db: "shop", text, top: 1 })).hits[0]!;

  beforeAll(async () => {
    await s3.start();
    const endpoint = `http://127.0.0.1:${s3.port}`;
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "test");
    vi.stubEnv("AWS_ENDPOINT_URL_S3", endpoint);
    const options = { endpoint, region: "us-east-1" };
    bucket = new S3Client({ ...options, forcePathStyle: true });
    await bucket.send(new CreateBucketCommand({ Bucket: "pictures" }));
    for (const name of PHOTOS) await put(`shop/a b/${name} ü#%.jpg`, photo(name));
    await put("shop/copy.jpg", photo("cat"));
    folder = mkdtempSync(join(tmpdir(), "zeroclip-objects-"));
    const db = join(folder, "shop.db");
    {
      await using clip = await loadClip("starter", { home: folder, offline: true });
      await using store = await openStore(db, { model: modelOf(clip), create: true, version: "0" });
      await indexFolders(["s3://pictures/shop"], { store, encoder: clip, s3: options });
    }
    one = await startServer({
      search: await searchParts(folder, { home: folder }),
      settings: { databases: [`shop=${db}`], trash: true },
    });
    const baseUrl = await one.server.app.listen({ host: "127.0.0.1", port: 0 });
    client = new ZeroclipClient({ baseUrl, retries: 0 });
  });
  afterAll(async () => {
    await one?.[Symbol.asyncDispose]();
    bucket?.destroy();
    await s3[Symbol.asyncDispose]();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  it("shows thumbnails and originals, and tells paths below the prefix", async () => {
    const { hits, total } = await client.search({ db: "shop" });
    expect(total).toBe(5);
    expect(hits.map(({ path }) => path).sort()).toEqual(
      ["copy.jpg", ...PHOTOS.map((name) => `a b/${name} ü#%.jpg`)].sort(),
    );
    const answers = await Promise.all(hits.map(({ thumbnail }) => get(thumbnail)));
    for (const { statusCode, headers, rawPayload } of answers) {
      expect([statusCode, headers["content-type"]]).toEqual([200, "image/jpeg"]);
      const { width = 0, height = 0 } = await sharp(rawPayload).metadata();
      expect(Math.max(width, height)).toBe(256);
    }
    const rocket = await hit("a rocket");
    const original = await get(rocket.picture);
    expect(original.rawPayload.equals(photo("rocket"))).toBe(true);
    expect(original.headers["content-type"]).toBe("image/jpeg");
    const part = await one.server.app.inject({ url: rocket.picture, headers: { range: "bytes=2-5" } });
    expect([part.statusCode, part.rawPayload.equals(photo("rocket").subarray(2, 6))]).toEqual([206, true]);
    const cropped = await client.search({
      db: "shop",
      like: rocket.id,
      crop: [0.2, 0.1, 0.6, 0.8],
      all: true,
    });
    // Two files have the same bytes: they are one hit.
    expect(cropped.hits.map(({ copies = 0 }) => copies).sort()).toEqual([0, 0, 0, 1]);
    expect((await client.search({ db: "shop", filter: { folder: "a b" } })).total).toBe(4);
  });

  it("duplicates are found; their objects are not moved, which is said", async () => {
    const { groups } = await client.databases.duplicates("shop");
    const copy = groups[0]!.pictures.find(({ best }) => !best)!;
    const { moved, left } = await client.databases.trash("shop", { pictures: [copy.id] });
    expect(moved).toBe(0);
    expect(left).toMatchObject([
      { code: "search.trash", message: expect.stringContaining("object storage, where nothing is moved") },
    ]);
  });

  it("an object that is another one, or gone, is not shown as the old one", async () => {
    const coffee = await hit("a cup of coffee");
    await put("shop/a b/coffee ü#%.jpg", photo("astronaut"));
    const cat = await hit("a cat");
    await bucket.send(new DeleteObjectCommand({ Bucket: "pictures", Key: `shop/${cat.path}` }));
    const [other, gone] = await Promise.all([get(coffee.picture), get(cat.picture)]);
    expect([other!.statusCode, gone!.statusCode]).toEqual([404, 404]);
    expect(other!.json()).toMatchObject({ code: "server.not-found" });
    const hash = createHash("sha256").update(photo("coffee")).digest("hex");
    expect((await client.databases.picture("shop", coffee.id)).hash).toBe(hash);
  });

  it("storage that is away is a picture that is not there, and the search goes on", async () => {
    await s3.kill();
    const rocket = await hit("a rocket");
    expect((await get(rocket.picture)).statusCode).toBe(404);
    // Made before.
    expect((await get(rocket.thumbnail)).statusCode).toBe(200);
  });
});
