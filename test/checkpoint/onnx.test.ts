import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSource } from "../../src/checkpoint/open.js";
import type { OnnxSource } from "../../src/checkpoint/source.js";
import { golden } from "./goldens.js";
import { scratch } from "./pack.js";

const folder = scratch();
let copies = 0;

function copy(): string {
  const path = join(folder, `copy-${copies++}`);
  cpSync(golden("tiny-onnx"), path, { recursive: true });
  return path;
}

async function openOnnx(path: string): Promise<OnnxSource> {
  const source = await openSource(path);
  if (source.kind !== "onnx") throw new Error(`${path} is ${source.kind}`);
  return source;
}

test("a folder of transformers.js gives the precisions of which both towers are there", async () => {
  const source = await openOnnx(golden("tiny-onnx"));
  expect(source.variants.map(({ name, vision, text }) => [name, vision, text])).toEqual([
    ["fp32", "onnx/vision_model.onnx", "onnx/text_model.onnx"],
    ["fp16", "onnx/vision_model_fp16.onnx", "onnx/text_model_fp16.onnx"],
    ["quantized", "onnx/vision_model_quantized.onnx", "onnx/text_model_quantized.onnx"],
  ]);
  expect(source.config).toMatchObject({ kind: "huggingface", json: { model_type: "clip" } });
  const names = ["vision_model.onnx", "vision_model.onnx_data", "text_model.onnx", "text_model.onnx_data"];
  expect(source.variants[0]?.files).toEqual(names.map((name) => golden(`tiny-onnx/onnx/${name}`)));
  expect(source.files).toHaveLength(8);
});

test("the onnx folder itself leads to the same", async () => {
  expect(await openOnnx(golden("tiny-onnx/onnx"))).toEqual(await openOnnx(golden("tiny-onnx")));
});

test("the files without a folder of their own are found too", async () => {
  const path = join(copy(), "onnx");
  rmSync(join(path, "..", "config.json"));
  const source = await openOnnx(path);
  expect(source.variants[0]?.vision).toBe("vision_model.onnx");
  expect(source.config).toBeUndefined();
});

/** Puts other text of the same length in place of the external file's name. */
function rename(path: string, location: string): void {
  const file = join(path, "onnx", "vision_model.onnx");
  const bytes = readFileSync(file);
  const name = "vision_model.onnx_data";
  bytes.write(location.padEnd(name.length, "x"), bytes.indexOf(name), "latin1");
  writeFileSync(file, bytes);
}

describe("external data", () => {
  test.each([
    ["/etc/passwd", "checkpoint.unsafe"],
    ["../../secret", "checkpoint.unsafe"],
    ["a/../../secret", "checkpoint.unsafe"],
    ["C:\\secret", "checkpoint.unsafe"],
    ["not-there", "checkpoint.not-found"],
  ])("named %s: %s", async (location, code) => {
    const path = copy();
    rename(path, location);
    await expect(openSource(path)).rejects.toMatchObject({ name: "ClipError", code });
  });

  test("shorter than the graph says", async () => {
    const path = copy();
    truncateSync(join(path, "onnx", "text_model.onnx_data"), 2000);
    const sentence = expect.stringContaining("at least 2048 bytes");
    await expect(openSource(path)).rejects.toMatchObject({ code: "checkpoint.truncated", message: sentence });
  });

  test("missing", async () => {
    const path = copy();
    rmSync(join(path, "onnx", "text_model.onnx_data"));
    await expect(openSource(path)).rejects.toMatchObject({ code: "checkpoint.not-found" });
  });
});

describe("graphs that are none", () => {
  /** Field `number` of those bytes. */
  const field = (number: number, bytes: Uint8Array): Buffer => {
    const length: number[] = [];
    let rest = bytes.length;
    for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
    return Buffer.concat([
      Buffer.of(
        ...(number < 16 ? [number * 8 + 2] : [((number * 8 + 2) & 127) | 128, number >> 4]),
        ...length,
        rest,
      ),
      bytes,
    ]);
  };
  const external = field(
    13,
    Buffer.concat([field(1, Buffer.from("location")), field(2, Buffer.from("../x"))]),
  );

  test.each([
    ["in an initializer", field(7, field(5, external))],
    ["in a sparse initializer", field(7, field(15, field(1, external)))],
    ["in a constant", field(7, field(1, field(5, field(5, external))))],
    ["in a branch", field(7, field(1, field(5, field(6, field(5, external)))))],
    [
      "in a function",
      Buffer.concat([field(7, Buffer.alloc(0)), field(25, field(7, field(5, field(5, external))))]),
    ],
    [
      "in a training graph",
      Buffer.concat([field(7, Buffer.alloc(0)), field(20, field(1, field(5, external)))]),
    ],
  ])("a path upwards %s is seen", async (_where, bytes) => {
    const path = copy();
    writeFileSync(join(path, "onnx", "vision_model.onnx"), bytes);
    await expect(openSource(path)).rejects.toMatchObject({
      name: "ClipError",
      code: "checkpoint.unsafe",
    });
  });

  test("graphs in graphs without end are not followed", async () => {
    let graph: Uint8Array = external;
    for (let level = 0; level < 40; level++) graph = field(1, field(5, field(6, graph)));
    const path = copy();
    writeFileSync(join(path, "onnx", "vision_model.onnx"), field(7, graph));
    const sentence = expect.stringContaining("10 deep");
    await expect(openSource(path)).rejects.toMatchObject({ code: "checkpoint.unsafe", message: sentence });
  });

  test.each([
    ["an empty file", Buffer.alloc(0), "checkpoint.format"],
    ["text", Buffer.from("hello, this is no graph"), "checkpoint.format"],
    ["a length past the end", Buffer.of(7 * 8 + 2, 100), "checkpoint.truncated"],
    ["a number without end", Buffer.alloc(20, 0xff), "checkpoint.format"],
  ])("%s", async (_what, bytes, code) => {
    const path = copy();
    writeFileSync(join(path, "onnx", "vision_model.onnx"), bytes);
    await expect(openSource(path)).rejects.toMatchObject({ name: "ClipError", code });
  });
});
