import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveModel } from "../../src/models/names.js";
import { findEntry, originalAddress, REGISTRY } from "../../src/models/registry.js";

// Columns of the table "The original checkpoints" in reference.md: name, px, dim, total, visual, MB, GFLOP; and of
// "Published results": ImageNet top-1.
const TABLE = [
  ["RN50", 224, 1024, 102_007_137, 38_316_896, 244, 12.22, 5.96, 59.82],
  ["RN101", 224, 512, 119_688_033, 56_259_936, 278, 19.54, 5.96, 62.28],
  ["ViT-B/32", 224, 512, 151_277_313, 87_849_216, 338, 8.82, 5.96, 63.32],
  ["ViT-L/14", 224, 768, 427_616_513, 303_966_208, 890, 162.03, 13.3, 75.54],
  ["ViT-L/14@336px", 336, 768, 427_944_193, 304_293_888, 891, 381.92, 13.3, 76.56],
] as const;

describe("the registry", () => {
  it("says what the reference says", () => {
    const rows = REGISTRY.map(({ name, inputPx, dim, parameters, bytes, gflops, imagenetTop1 }) => [
      name,
      inputPx,
      dim,
      parameters.total,
      parameters.visual,
      Math.round(bytes / 2 ** 20),
      gflops.image,
      gflops.text,
      Math.round(1e4 * imagenetTop1) / 100,
    ]);
    expect(rows).toEqual(TABLE.map((row) => [...row]));
  });

  it("has whole hashes, and names and aliases that mean one thing", () => {
    for (const { sha256 } of REGISTRY) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    const spellings = REGISTRY.flatMap(({ name, aliases }) =>
      [name, ...aliases].map((word) => word.toLowerCase()),
    );
    expect(new Set(spellings).size).toBe(spellings.length);
  });

  it("knows the address", () => {
    expect(originalAddress(findEntry("ViT-B/32")!)).toBe(
      "https://openaipublic.azureedge.net/clip/models/40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af/ViT-B-32.pt",
    );
  });
});

describe("resolveModel", () => {
  let folder: string;
  const resolve = (name: string) => resolveModel(name, { starterFolder: "/the/starter" });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "zeroclip-names-"));
    await mkdir(join(folder, "mine", "clip"), { recursive: true });
    await writeFile(join(folder, "model.pt"), "");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ["ViT-B/32", "ViT-B/32"],
    ["vit-b/32", "ViT-B/32"],
    ["ViT-B-32", "ViT-B/32"],
    ["rn50", "RN50"],
    ["ViT-L/14-336", "ViT-L/14@336px"],
    ["ViT-L/14@336px", "ViT-L/14@336px"],
    ["vit-l-14-336", "ViT-L/14@336px"],
  ])("%s is %s of the registry", async (typed, name) => {
    expect(await resolve(typed)).toEqual({ kind: "registry", entry: findEntry(name) });
  });

  it("knows the starter, in any case", async () => {
    expect(await resolve("Starter")).toEqual({ kind: "starter", folder: "/the/starter" });
  });

  it.each([
    ["openai/clip-vit-base-patch32", { id: "openai/clip-vit-base-patch32" }],
    ["laion/CLIP-ViT-B-32-laion2B-s34B-b79K", { id: "laion/CLIP-ViT-B-32-laion2B-s34B-b79K" }],
    ["Xenova/clip-vit-base-patch32@main", { id: "Xenova/clip-vit-base-patch32", revision: "main" }],
    ["a/b@refs/pr/1", { id: "a/b", revision: "refs/pr/1" }],
  ])("%s is a Hugging Face id", async (typed, expected) => {
    expect(await resolve(typed)).toEqual({ kind: "hub", ...expected });
  });

  it.each([
    ["ViT-B/32@int8", { kind: "registry", precision: "int8" }],
    ["RN50@FP16", { kind: "registry", precision: "fp16" }],
    ["ViT-L/14@336px@INT8", { kind: "registry", precision: "int8" }],
    ["starter@fp32", { kind: "starter", precision: "fp32" }],
    ["a/b@auto", { kind: "hub", id: "a/b", precision: "auto" }],
    ["a/b@main@int8", { kind: "hub", id: "a/b", revision: "main", precision: "int8" }],
    ["a/b@int8@fp32", { kind: "hub", id: "a/b", revision: "int8", precision: "fp32" }],
  ])("%s names a precision", async (typed, expected) => {
    expect(await resolve(typed)).toMatchObject(expected);
  });

  it("takes a precision after a path", async () => {
    const path = join(folder, "model.pt");
    expect(await resolve(`${path}@int8`)).toEqual({ kind: "path", path, precision: "int8" });
  });

  it.each([
    ["ViT-B/32@int4", /^Expected fp32, fp16, int8 or auto after ViT-B\/32@ but received "int4"\.$/],
    ["Starter@q8", /^Expected fp32, fp16, int8 or auto after starter@ but received "q8"\.$/],
    ["ViT-L/14@339px", / Did you mean ViT-L\/14@336px\?$/],
    ["@int8", /^Expected one of starter, RN50/],
  ])("%s is no name, and the error says what there is", async (typed, message) => {
    await expect(resolve(typed)).rejects.toMatchObject({
      code: "model.unknown",
      message: expect.stringMatching(message),
    });
  });

  it("a word after a file that is no precision is told as that", async () => {
    for (const path of [join(folder, "model.pt"), relative(process.cwd(), join(folder, "model.pt"))])
      await expect(resolve(`${path}@int7`)).rejects.toMatchObject({
        code: "model.unknown",
        message: `Expected fp32, fp16, int8 or auto after ${path}@ but received "int7".`,
      });
  });

  it("takes an existing path before a Hugging Face id, and makes it absolute", async () => {
    expect(await resolve(join(folder, "model.pt"))).toEqual({ kind: "path", path: join(folder, "model.pt") });
    const near = relative(process.cwd(), join(folder, "mine", "clip"));
    expect(await resolve(near)).toEqual({ kind: "path", path: join(folder, "mine", "clip") });
  });

  it.each([
    ["./nothing"],
    ["/no/such/folder"],
    ["nothing.pt"],
    ["a/b/c"],
    ["sub/model.safetensors"],
    ["~/clip"],
    ["C:\\x"],
  ])("%s is a path where nothing lies", async (typed) => {
    await expect(resolve(typed)).rejects.toMatchObject({
      code: "model.path",
      message: expect.stringMatching(/^Expected a model's file or folder at \S.* but nothing is there\.$/),
    });
  });

  it.each([
    ["ViT-B32", "ViT-B/32"],
    ["ViT-B/16", "ViT-B/32"],
    ["vitl14", "ViT-L/14"],
    ["RN51", "RN50"],
    ["startr", "starter"],
  ])("%s is unknown; %s is suggested", async (typed, meant) => {
    await expect(resolve(typed)).rejects.toMatchObject({
      code: "model.unknown",
      message: `Expected one of starter, RN50, RN101, ViT-B/32, ViT-L/14, ViT-L/14@336px, a Hugging Face id (owner/name) or a path but received "${typed}". Did you mean ${meant}?`,
    });
  });

  it.each([
    [""],
    ["qwertyuiop"],
    ["x".repeat(10_000)],
    ["a\0b"],
    ["evil--owner/name"],
    ["a..b/c"],
    ["-a/b"],
    ["a/.b"],
  ])("%j is unknown and nothing is near", async (typed) => {
    await expect(resolve(typed)).rejects.toMatchObject({
      code: "model.unknown",
      message: expect.not.stringContaining("Did you mean"),
    });
  });
});
