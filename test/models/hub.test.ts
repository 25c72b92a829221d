import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HttpFetch } from "../../src/models/http.js";
import { chooseFiles } from "../../src/models/hub-files.js";
import {
  findPulled,
  listPulled,
  locateModel,
  type PullOptions,
  pullModel,
  removePulled,
  verifyPulled,
} from "../../src/models/store.js";
import { type Retry, retrySentence } from "../../src/models/tries.js";
import { type HostileServer, startHostileServer } from "../support/hostile-server.js";
import { seededBytes } from "../support/random-bytes.js";

const SHA = "a".repeat(40);
const LATER = "b".repeat(40);
const ID = "openai/clip-vit-base-patch32";
const model = { kind: "hub", id: ID } as const;

const weights = seededBytes(200_000, 4);
const repository: Record<string, Buffer> = {
  ".gitattributes": Buffer.from("x"),
  "README.md": Buffer.from("y"),
  "config.json": Buffer.from('{"model_type":"clip"}'),
  "preprocessor_config.json": Buffer.from('{"crop_size":224}'),
  "tokenizer.json": Buffer.from('{"version":"1.0"}'),
  "tokenizer_config.json": Buffer.from("{}"),
  "vocab.json": Buffer.from("{}"),
  "merges.txt": Buffer.from("#"),
  "flax_model.msgpack": Buffer.from("flax"),
  "pytorch_model.bin": Buffer.from("pickle"),
  "model.safetensors": weights,
};
const NEEDED = [
  "config.json",
  "preprocessor_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "model.safetensors",
];

let server: HostileServer;
let home: string;
let options: PullOptions;

const noNetwork: HttpFetch = () => {
  throw new Error("the network was touched");
};
const hash = (kind: "sha1" | "sha256", ...parts: (string | Buffer)[]): string => {
  const hasher = createHash(kind);
  for (const part of parts) hasher.update(part);
  return hasher.digest("hex");
};
const blobId = (file: Buffer): string => hash("sha1", `blob ${file.length}\0`, file);

/** Answers as the hub does: weights through LFS with SHA-256, the rest by git blob id; files at their commit. */
function serve(sha = SHA, files = repository, revision = "main", hashes = true, license?: unknown): void {
  const large = (name: string): boolean => /\.(?:safetensors|bin|msgpack)$/.test(name);
  const siblings = Object.entries(files).map(([rfilename, file]) => {
    server.files.set(`/${ID}/resolve/${sha}/${rfilename}`, file);
    if (!hashes) return { rfilename };
    const lfs = { sha256: hash("sha256", file), size: file.length, pointerSize: 134 };
    return { rfilename, size: file.length, blobId: blobId(file), ...(large(rfilename) ? { lfs } : {}) };
  });
  const tree = Object.entries(files).map(([path, file]) => {
    const lfs = { oid: hash("sha256", file), size: file.length, pointerSize: 134 };
    return { type: "file", path, size: file.length, oid: blobId(file), ...(large(path) ? { lfs } : {}) };
  });
  const answer = { id: ID, sha, siblings, ...(license === undefined ? {} : { cardData: { license } }) };
  server.answers.set(`/api/models/${ID}/revision/${encodeURIComponent(revision)}?blobs=true`, answer);
  server.answers.set(`/api/models/${ID}/tree/${sha}?recursive=true`, tree);
}

const asked = (): string[] => server.requests.map(({ path }) => path);

beforeEach(async () => {
  server = await startHostileServer();
  home = await mkdtemp(join(tmpdir(), "zeroclip-hub-"));
  const clock = { now: () => 1_700_000_000_000, random: () => 0, sleep: async () => undefined };
  options = { home, hubEndpoint: server.origin, clock, stallMs: 5_000 };
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

describe("pulling from a hub", () => {
  it("takes only the files needed, at the pinned commit", async () => {
    serve();
    const folder = join(home, "hub", "openai--clip-vit-base-patch32", SHA);
    expect(await pullModel(model, options)).toEqual({
      name: ID,
      kind: "hub",
      path: folder,
      bytes: NEEDED.reduce((sum, name) => sum + repository[name]!.length, 0),
      revision: SHA,
      verifiedAt: "2023-11-14T22:13:20.000Z",
    });
    expect((await readdir(folder)).sort()).toEqual([".zeroclip.json", ...NEEDED].sort());
    expect((await readFile(join(folder, "model.safetensors"))).equals(weights)).toBe(true);
    expect(asked().slice(1)).toEqual(NEEDED.map((name) => `/${ID}/resolve/${SHA}/${name}`));
    expect((await readdir(join(folder, ".."))).sort()).toEqual([SHA, "refs.json"]);
  });

  it.each([
    ["mit", { license: "mit" }],
    [["mit", "apache-2.0"], { license: "mit, apache-2.0" }],
    [undefined, {}],
    [7, {}],
  ])("keeps the licence that the card names: %j", async (license, expected) => {
    serve(SHA, repository, "main", true, license);
    await pullModel(model, options);
    const { license: kept } = (await findPulled(model, { home }))!;
    expect(kept === undefined ? {} : { license: kept }).toEqual(expected);
  });

  it("takes sizes and hashes from the tree where a mirror's first answer has none", async () => {
    serve(SHA, repository, "main", false);
    await pullModel(model, options);
    expect(asked()[1]).toBe(`/api/models/${ID}/tree/${SHA}?recursive=true`);
    expect((await verifyPulled(model, { home })).every(({ ok }) => ok)).toBe(true);
  });

  it("follows to the file server without taking the token along", async () => {
    serve();
    await using files = await startHostileServer();
    for (const name of NEEDED) files.files.set(`/cdn/${name}`, repository[name]!);
    server.script.push(
      { kind: "good" },
      ...NEEDED.map((name) => ({ kind: "redirect", to: `${files.origin}/cdn/${name}` }) as const),
    );
    await pullModel(model, { ...options, hubToken: "hf_secret" });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(
      Array(6).fill("Bearer hf_secret"),
    );
    expect(files.requests).toHaveLength(5);
    for (const { headers } of files.requests) expect(headers.authorization).toBeUndefined();
  });

  it("sends no token where there is none", async () => {
    serve();
    await pullModel(model, { ...options, hubToken: "" });
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it("goes on after dropped connections and asks again for what comes wrong", async () => {
    serve();
    const good = { kind: "good" } as const;
    server.script.push(
      good,
      { kind: "wrong" },
      good,
      good,
      good,
      good,
      { kind: "drop", after: 90_000 },
      { kind: "drop", after: 9_000 },
    );
    const { path } = await pullModel(model, options);
    expect((await readFile(join(path, "config.json"))).equals(repository["config.json"]!)).toBe(true);
    expect((await readFile(join(path, "model.safetensors"))).equals(weights)).toBe(true);
  });

  it("shows nothing of a model that did not come whole, and goes on the next time", async () => {
    serve();
    server.files.delete(`/${ID}/resolve/${SHA}/model.safetensors`);
    await expect(pullModel(model, options)).rejects.toMatchObject({
      code: "download.missing",
      message: expect.stringMatching(
        /^Could not download model\.safetensors of openai\/clip-vit-base-patch32: .* by hand and give their folder in place of the name; with --offline .*\.$/,
      ),
    });
    expect(await findPulled(model, { home })).toBeUndefined();
    expect(await listPulled(home)).toEqual([]);
    expect(await readdir(join(home, "hub", "openai--clip-vit-base-patch32"))).toEqual([`${SHA}.incoming`]);
    server.requests.length = 0;
    serve();
    await pullModel(model, options);
    expect(asked()).toHaveLength(2);
  });

  it("asks for the current commit again but not for files that are here", async () => {
    serve();
    await pullModel(model, options);
    server.requests.length = 0;
    await pullModel(model, options);
    expect(asked()).toHaveLength(1);
  });

  it("keeps both commits when a branch moves on, and opens the one pulled last", async () => {
    serve();
    await pullModel(model, options);
    serve(LATER, { ...repository, "config.json": Buffer.from("{}") });
    await pullModel(model, options);
    expect((await findPulled(model, { home }))?.revision).toBe(LATER);
    expect((await findPulled({ ...model, revision: SHA }, { home }))?.revision).toBe(SHA);
    expect(await listPulled(home)).toHaveLength(2);
    expect(await removePulled({ ...model, revision: SHA }, home)).toBeGreaterThan(weights.length);
    expect((await listPulled(home)).map(({ revision }) => revision)).toEqual([LATER]);
    await removePulled(model, home);
    expect(await readdir(join(home, "hub"))).toEqual([]);
  });

  it("takes a branch with slashes", async () => {
    serve(SHA, repository, "refs/pr/1");
    const branch = { ...model, revision: "refs/pr/1" };
    await pullModel(branch, options);
    expect((await findPulled(branch, { home }))?.revision).toBe(SHA);
    expect(await findPulled(model, { home })).toBeUndefined();
  });

  it("repairs a folder that lost a file, fetching only that", async () => {
    serve();
    const { path } = await pullModel(model, options);
    await rm(join(path, "config.json"));
    expect(await findPulled(model, { home })).toBeUndefined();
    server.requests.length = 0;
    await pullModel(model, options);
    expect(asked().slice(1)).toEqual([`/${ID}/resolve/${SHA}/config.json`]);
  });

  it("shows a damaged file in verify", async () => {
    serve();
    const { path } = await pullModel(model, options);
    await writeFile(join(path, "model.safetensors"), Buffer.alloc(weights.length));
    const bad = (await verifyPulled(model, { home })).filter(({ ok }) => !ok);
    expect(bad.map((check) => check.path)).toEqual([join(path, "model.safetensors")]);
  });
});

describe("locateModel of a hub id", () => {
  it("uses the last pull without the network, offline or not", async () => {
    serve();
    const { path } = await pullModel(model, options);
    for (const offline of [true, false]) {
      const located = await locateModel(ID, { ...options, offline, fetch: noNetwork, starterFolder: "/s" });
      expect(located).toEqual({ path, name: ID, kind: "hub", revision: SHA });
    }
  });

  it("pulls what is not here", async () => {
    serve();
    const located = await locateModel(`${ID}@main`, { ...options, starterFolder: "/s" });
    expect(located).toMatchObject({ name: `${ID}@main`, revision: SHA });
  });
});

describe("a hub that can't be reached", () => {
  it("tells of each try, and in the end what else can be done", async () => {
    const told: string[] = [];
    const fetch: HttpFetch = () =>
      Promise.reject(new TypeError("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND hub") }));
    const onRetry = (retry: Retry): void => void told.push(retrySentence(retry));
    await expect(pullModel(model, { ...options, fetch, onRetry })).rejects.toMatchObject({
      code: "download.network",
      message: expect.stringMatching(
        /ENOTFOUND hub\); try again, .*HF_ENDPOINT.*by hand.*ZEROCLIP_OFFLINE=1/,
      ),
    });
    expect(told.map((line) => line.replace(/^.*\): /, ""))).toEqual([
      "trying again in 1 s (attempt 2 of 6).",
      "trying again in 1 s (attempt 3 of 6).",
      "trying again in 1 s (attempt 4 of 6).",
      "trying again in 2 s (attempt 5 of 6).",
      "trying again in 4 s (attempt 6 of 6).",
    ]);
  });
});

describe("a hub that refuses or lies", () => {
  const api = `/api/models/${ID}/revision/main?blobs=true`;
  it.each([
    [
      401,
      undefined,
      "download.forbidden",
      /private, gated or does not exist, and no token was given \(HF_TOKEN\)\.$/,
    ],
    [403, "hf_x", "download.forbidden", /and the token given may not read it \(HF_TOKEN\)\.$/],
    [
      404,
      undefined,
      "download.missing",
      /^Expected a model openai\/clip-vit-base-patch32 on 127\.0\.0\.1:\d+ but there is none\.$/,
    ],
    [503, undefined, "download.busy", /answered 503/],
  ])("answers %s", async (status, hubToken, code, message) => {
    serve();
    server.rest = { kind: "status", status };
    const pulled = pullModel(model, { ...options, hubToken });
    await expect(pulled).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each([
    ["no JSON", "<html>"],
    ["null", null],
    ["a list", []],
    ["no commit", { siblings: [] }],
    ["a path for a commit", { sha: "../../../../etc", siblings: [] }],
    ["no list of files", { sha: SHA, siblings: 5 }],
    ["too many files", { sha: SHA, siblings: Array(10_001).fill({}) }],
    ["too many bytes", " ".repeat(9 << 20)],
  ])("answers %s", async (_name, answer) => {
    server.answers.set(api, answer);
    await expect(pullModel(model, { ...options, retries: 0 })).rejects.toMatchObject({
      code: "download.answer",
    });
  });

  it("gives no hash for a file that is needed", async () => {
    serve(SHA, repository, "main", false);
    const bare = Object.keys(repository).map((path) => ({ type: "file", path }));
    server.answers.set(`/api/models/${ID}/tree/${SHA}?recursive=true`, bare);
    await expect(pullModel(model, options)).rejects.toMatchObject({ code: "download.answer" });
    expect(await listPulled(home)).toEqual([]);
  });

  it("offers files outside the folder: nothing but the known names is ever asked for", async () => {
    serve(SHA, {
      ...repository,
      "../../evil": Buffer.from("e"),
      "/etc/passwd": Buffer.from("e"),
      "onnx/../../x.onnx": Buffer.from("e"),
    });
    await pullModel(model, options);
    expect(asked().slice(1)).toEqual(NEEDED.map((name) => `/${ID}/resolve/${SHA}/${name}`));
  });

  it("has a record on disk that is damaged: the model is fetched again", async () => {
    serve();
    const { path } = await pullModel(model, options);
    await writeFile(join(path, ".zeroclip.json"), "{");
    await writeFile(join(path, "..", "refs.json"), "[");
    expect(await findPulled(model, { home })).toBeUndefined();
    await pullModel(model, options);
    expect((await findPulled(model, { home }))?.revision).toBe(SHA);
  });
});

describe("chooseFiles", () => {
  const choose = (...paths: string[]): string[] =>
    chooseFiles(
      "a/b",
      paths.map((path) => ({ path, size: 1 })),
    ).map(({ path }) => path);

  it.each([
    [
      "open_clip before transformers, both safe",
      [
        "config.json",
        "model.safetensors",
        "open_clip_config.json",
        "open_clip_model.safetensors",
        "open_clip_pytorch_model.bin",
      ],
      ["open_clip_config.json", "open_clip_model.safetensors"],
    ],
    [
      "safetensors before open_clip's pickle",
      ["config.json", "model.safetensors", "open_clip_config.json", "open_clip_pytorch_model.bin"],
      ["config.json", "model.safetensors"],
    ],
    [
      "open_clip's pickle where there is nothing else",
      ["open_clip_config.json", "open_clip_pytorch_model.bin"],
      ["open_clip_config.json", "open_clip_pytorch_model.bin"],
    ],
    [
      "pytorch_model.bin",
      ["config.json", "pytorch_model.bin", "tf_model.h5"],
      ["config.json", "pytorch_model.bin"],
    ],
    [
      "shards with their index",
      [
        "config.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
      ],
      [
        "config.json",
        "model.safetensors.index.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
      ],
    ],
    [
      "the pickle where a shard is missing",
      [
        "config.json",
        "model-00001-of-00002.safetensors",
        "model.safetensors.index.json",
        "pytorch_model.bin",
      ],
      ["config.json", "pytorch_model.bin"],
    ],
    [
      "an ONNX pair with external data, full precision first",
      [
        "config.json",
        "onnx/model.onnx",
        "onnx/text_model.onnx",
        "onnx/text_model_quantized.onnx",
        "onnx/vision_model.onnx",
        "onnx/vision_model.onnx_data",
        "onnx/vision_model_quantized.onnx",
      ],
      ["config.json", "onnx/vision_model.onnx", "onnx/vision_model.onnx_data", "onnx/text_model.onnx"],
    ],
    [
      "a quantised ONNX pair where there is no other",
      [
        "config.json",
        "onnx/text_model_quantized.onnx",
        "onnx/vision_model_quantized.onnx",
        "tokenizer.json",
        "vocab.json",
      ],
      ["config.json", "tokenizer.json", "onnx/vision_model_quantized.onnx", "onnx/text_model_quantized.onnx"],
    ],
    [
      "the old tokenizer's files where there is no tokenizer.json",
      ["config.json", "model.safetensors", "vocab.json", "merges.txt"],
      ["config.json", "vocab.json", "merges.txt", "model.safetensors"],
    ],
  ])("%s", (_name, files, expected) => {
    expect(choose(...files)).toEqual(expected);
  });

  it.each([
    ["nothing", []],
    ["no config", ["model.safetensors"]],
    ["no weights", ["config.json", "README.md"]],
    ["one tower", ["config.json", "onnx/vision_model.onnx"]],
    ["data without its graph", ["config.json", "onnx/vision_model.onnx_data", "onnx/text_model.onnx"]],
    ["an index without shards", ["config.json", "model.safetensors.index.json"]],
    [
      "many shards",
      [
        "config.json",
        "model.safetensors.index.json",
        ...Array.from(
          { length: 70 },
          (_, at) => `model-${String(at + 1).padStart(5, "0")}-of-00070.safetensors`,
        ),
      ],
    ],
  ])("refuses a repository with %s", (_name, files) => {
    expect(() => choose(...files)).toThrow(/^Expected .* but /);
  });

  it("refuses more bytes than any CLIP has", () => {
    const files = [{ path: "config.json" }, { path: "model.safetensors", size: 25e9 }];
    expect(() => chooseFiles("a/b", files)).toThrow(/at most 64 files of 24 GB/);
  });
});
