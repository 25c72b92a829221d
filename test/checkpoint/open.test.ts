import { execFileSync } from "node:child_process";
import {
  closeSync,
  cpSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSource } from "../../src/checkpoint/open.js";
import { tensorToF32 } from "../../src/checkpoint/to-f32.js";
import { expectedTensors, golden, listing, openWeights } from "./goldens.js";
import { put, safetensors, scratch } from "./pack.js";

const folder = scratch();

/** A copy of a golden under another name. */
function copy(name: string, to: string): string {
  const path = join(folder, to);
  cpSync(golden(name), path, { recursive: true });
  return path;
}

describe("configurations", () => {
  test.each([
    ["tiny-vit-hf", "huggingface", "model_type", "clip"],
    ["tiny-vit-hf/model.safetensors", "huggingface", "model_type", "clip"],
    ["tiny-vit-hf-sharded/model.safetensors.index.json", "huggingface", "model_type", "clip"],
    ["tiny-vit-hf-bin", "huggingface", "model_type", "clip"],
    ["tiny-vit-open-clip", "open_clip", "model_cfg", expect.objectContaining({ embed_dim: 32 })],
    ["tiny-vit-open-clip-bin/open_clip_pytorch_model.bin", "open_clip", "model_cfg", expect.anything()],
  ] as const)("%s has its own", async (name, kind, key, value) => {
    await using source = await openWeights(golden(name));
    expect(source.config?.kind).toBe(kind);
    expect(source.config?.json[key]).toEqual(value);
    expect(basename(source.folder ?? "")).toBe(name.split("/")[0]);
  });

  test("of two in a folder the one that fits the tensors' names is given", async () => {
    const both = copy("tiny-vit-hf", "both");
    cpSync(golden("tiny-vit-open-clip/open_clip_config.json"), join(both, "open_clip_config.json"));
    await using huggingFace = await openWeights(both);
    expect(huggingFace.config?.kind).toBe("huggingface");
    cpSync(
      golden("tiny-vit-open-clip/open_clip_model.safetensors"),
      join(both, "open_clip_model.safetensors"),
    );
    await using openClip = await openWeights(both);
    expect(openClip.config?.kind).toBe("open_clip");
  });

  test("none is taken for a TorchScript archive or for names that it does not fit", async () => {
    const at = copy("tiny-vit-hf/config.json", "beside/config.json").replace("config.json", "");
    for (const name of ["tiny-vit.openai.pt", "tiny-vit.state-dict.pt"]) {
      await using source = await openWeights(copy(name, `beside/${name}`));
      expect([source.config, source.folder]).toEqual([undefined, undefined]);
    }
    writeFileSync(join(at, "config.json"), "not JSON");
    await using source = await openWeights(join(at, "tiny-vit.openai.pt"));
    expect(source.tensors.size).toBeGreaterThan(0);
  });
});

describe("content decides, not names", () => {
  test.each([
    ["tiny-vit.openai.pt", "model.safetensors", "torchscript"],
    ["tiny-vit.safetensors", "pytorch_model.bin", "safetensors"],
    ["views.legacy.pt", "strange-name", "torch-legacy"],
    ["views.pt", "weights.txt", "torch-zip"],
  ] as const)("%s as %s in a folder", async (name, as, format) => {
    copy(name, `as-${format}/${as}`);
    await using source = await openWeights(join(folder, `as-${format}`));
    expect(source.format).toBe(format);
    expect(source.files).toEqual([join(folder, `as-${format}`, as)]);
  });

  test("several unknown files of weights are not guessed from", async () => {
    copy("views.pt", "several/a.pt");
    copy("views.legacy.pt", "several/b.pt");
    const found = openSource(join(folder, "several"));
    await expect(found).rejects.toMatchObject({
      code: "checkpoint.format",
      message: expect.stringContaining("a.pt, b.pt"),
    });
  });
});

test("OpenAI's three sizes are scalars and no tensors", async () => {
  await using source = await openWeights(golden("tiny-vit.openai.pt"));
  expect(Object.fromEntries(source.scalars)).toMatchObject({
    input_resolution: 32,
    context_length: 77,
    vocab_size: 128,
  });
  expect(source.tensors.has("input_resolution")).toBe(false);
  const types = new Set([...source.tensors.values()].map(({ dtype }) => dtype));
  expect(types).toEqual(new Set(["f16", "f32"]));
});

test("a training checkpoint gives its plain values as scalars", async () => {
  await using source = await openWeights(golden("training.nested-module.pt"));
  expect(Object.fromEntries(source.scalars)).toEqual({ epoch: 3, name: "run" });
});

test("a manifest is handed on as it is", async () => {
  const at = join(folder, "manifest");
  mkdirSync(at);
  writeFileSync(join(at, "zeroclip.json"), '{"formatVersion": 1}');
  const expected = { kind: "zeroclip", folder: at, json: { formatVersion: 1 } };
  expect(await openSource(at)).toEqual(expected);
  expect(await openSource(join(at, "zeroclip.json"))).toEqual(expected);
});

describe("shards", () => {
  const index = "model.safetensors.index.json";
  const shard = (file: unknown): string => JSON.stringify({ weight_map: { a: file } });

  test.each([
    ["../outside.safetensors", "checkpoint.unsafe"],
    ["/etc/passwd", "checkpoint.unsafe"],
    ["sub/model.safetensors", "checkpoint.unsafe"],
    ["..\\x", "checkpoint.unsafe"],
    ["..", "checkpoint.unsafe"],
    [5, "checkpoint.unsafe"],
    ["not-there.safetensors", "checkpoint.not-found"],
  ])("a file named %j: %s", async (file, code) => {
    const at = join(folder, `shards-${code}-${String(file).length}`);
    mkdirSync(at);
    writeFileSync(join(at, index), shard(file));
    await expect(openSource(at)).rejects.toMatchObject({ name: "ClipError", code });
  });

  test("a tensor that its file lacks is named", async () => {
    const at = copy("tiny-vit-hf", "lacking");
    renameSync(join(at, "model.safetensors"), join(at, "part.safetensors"));
    writeFileSync(join(at, index), JSON.stringify({ weight_map: { "no.such": "part.safetensors" } }));
    await expect(openSource(at)).rejects.toMatchObject({
      code: "checkpoint.missing-tensor",
      message: expect.stringContaining("no.such"),
    });
  });

  test("an index without a map", async () => {
    const at = join(folder, "no-map");
    mkdirSync(at);
    writeFileSync(join(at, index), "{}");
    await expect(openSource(at)).rejects.toMatchObject({ code: "checkpoint.format" });
  });
});

test("links as Hugging Face's cache makes them are followed", async () => {
  const at = join(folder, "snapshot");
  mkdirSync(at);
  for (const name of ["config.json", "model.safetensors"])
    symlinkSync(golden(`tiny-vit-hf/${name}`), join(at, name));
  await using source = await openWeights(at);
  expect(source.config?.kind).toBe("huggingface");
  expect(listing(source.tensors)).toEqual(expectedTensors("tiny-vit-hf"));
});

test("tensors beyond 2 and 4 GiB are read at their place, and only they", async () => {
  const path = join(folder, "huge.safetensors");
  const gap = 5 * 2 ** 30;
  const head = safetensors({
    gap: { dtype: "U8", shape: [gap], data_offsets: [0, gap] },
    last: { dtype: "F32", shape: [2], data_offsets: [gap, gap + 8] },
  });
  // A sparse file: the gap takes no room on disk.
  const fd = openSync(path, "w");
  writeSync(fd, head);
  ftruncateSync(fd, head.length + gap);
  writeSync(fd, new Uint8Array(new Float32Array([1.5, -2]).buffer), 0, 8, head.length + gap);
  closeSync(fd);
  const before = process.memoryUsage().rss;
  await using source = await openWeights(path);
  expect([...tensorToF32(source.tensors.get("last")!)]).toEqual([1.5, -2]);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  expect(() => source.tensors.get("gap")?.read()).toThrow(
    expect.objectContaining({ code: "checkpoint.unsafe" }),
  );
});

test("after disposing, a tensor can't be read, and disposing again is no error", async () => {
  const source = await openWeights(golden("views.pt"));
  await source[Symbol.asyncDispose]();
  await source[Symbol.asyncDispose]();
  expect(() => source.tensors.get("whole")?.read()).toThrow(
    expect.objectContaining({ code: "checkpoint.closed" }),
  );
});

test("a path that is not there, and a folder without weights", async () => {
  await expect(openSource(join(folder, "nowhere"))).rejects.toMatchObject({ code: "checkpoint.not-found" });
  mkdirSync(join(folder, "empty"));
  await expect(openSource(join(folder, "empty"))).rejects.toMatchObject({ code: "checkpoint.format" });
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  await expect(openSource(pipe)).rejects.toMatchObject({ code: "checkpoint.format" });
  await expect(openSource("/dev/zero")).rejects.toMatchObject({ code: "checkpoint.format" });
  const picture = put(folder, Buffer.from([0x89, 0x50, 0x4e, 0x47]));
  await expect(openSource(picture)).rejects.toMatchObject({ code: "checkpoint.format" });
});
