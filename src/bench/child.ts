// One model of zeroclip's in a process of its own, for measuring: the protocol of protocol.ts on stdin and stdout.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Clip, type LoadOptions, loadClip, locateTowers } from "../clip.js";
import { ClipError, orThrow } from "../errors.js";
import type { RawPixels } from "../image/sources.js";
import { dot } from "../math/dot.js";
import { runtimeVersion } from "../runtime/devices.js";
import { countOperations } from "./operations.js";
import type { LoadSpec } from "./protocol.js";
import { type Handlers, repeatFor, serve } from "./serve.js";

let opened: { readonly clip: Clip; readonly model: string; readonly options: LoadOptions } | undefined;
let pixels: readonly RawPixels[] = [];

function current(): NonNullable<typeof opened> {
  if (!opened) throw new ClipError("bench.protocol", "Expected a model to be loaded first.");
  return opened;
}

function optionsOf({ home, threads, device, offline }: LoadSpec): LoadOptions {
  return {
    ...(typeof home === "string" ? { home } : {}),
    ...(typeof threads === "number" ? { threads } : {}),
    ...(device === "cpu" || device === "webgpu" || device === "cuda" ? { device } : {}),
    ...(offline === true ? { offline } : {}),
  };
}

/** `count` pictures of those in memory, from the first on and again. */
function batchOf(count: number): RawPixels[] {
  return Array.from({ length: count }, (_, i) => pixels[i % pixels.length]!);
}

/** Bytes of the files of a folder: a model's weights are all but a few of them. */
async function sizeOfFolder(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true });
  const sizes = await Promise.all(
    entries.map(async (entry) => (entry.isFile() ? (await stat(join(folder, entry.name))).size : 0)),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

const handlers: Handlers = {
  async load({ spec }) {
    const model = String(spec.model);
    const options = optionsOf(spec);
    const began = performance.now();
    const clip = await loadClip(model, { ...options, preload: true });
    const ms = performance.now() - began;
    opened = { clip, model, options };
    const versions = { node: process.versions.node, "onnxruntime-node": await runtimeVersion() };
    return { ms, size: clip.model.imageSize, versions };
  },

  async pixels({ file, count, size }) {
    const bytes = new Uint8Array(await readFile(file));
    const each = size * size * 3;
    pixels = Array.from({ length: count }, (_, i) => ({
      data: bytes.subarray(i * each, (i + 1) * each),
      width: size,
      height: size,
      channels: 3,
    }));
    return {};
  },

  async images({ batch, forMs }) {
    const { clip } = current();
    const inputs = batchOf(batch);
    return repeatFor(forMs, batch, async () =>
      orThrow(await clip.encodeImages(inputs, { batchSize: batch })),
    );
  },

  async texts({ texts, forMs }) {
    const { clip } = current();
    return repeatFor(forMs, texts.length, () => clip.encodeTexts(texts));
  },

  async files({ files, batch }) {
    const { clip } = current();
    return repeatFor(0, files.length, async () =>
      orThrow(await clip.encodeImages(files, { batchSize: batch })),
    );
  },

  async answer({ file, prompts }) {
    const { clip } = current();
    const [image] = orThrow(await clip.encodeImages([file]));
    const cosines = (await clip.encodeTexts(prompts)).map((text) => dot(image!, text));
    return { residentBytes: process.memoryUsage().rss, cosines };
  },

  async features({ count }) {
    const rows = orThrow(await current().clip.encodeImages(batchOf(count)));
    return { rows: rows.map((row) => Array.from(row)) };
  },

  async facts() {
    const { model, options } = current();
    const { folder, manifest } = await locateTowers(model, options);
    const { size } = manifest.image.preprocessing;
    const { layout } = manifest.image.pixels;
    const feed =
      layout === "u8-nhwc"
        ? ({ type: "uint8", data: new Uint8Array(size * size * 3), dims: [1, size, size, 3] } as const)
        : ({ type: "float32", data: new Float32Array(size * size * 3), dims: [1, 3, size, size] } as const);
    const file = join(folder, manifest.image.file);
    return {
      operations: await countOperations(file, { [manifest.image.input]: feed }, manifest.image.output),
      precision: manifest.precision,
      parameters: manifest.parameters.image + manifest.parameters.text,
      diskBytes: await sizeOfFolder(folder),
    };
  },
};

await serve(handlers, process.stdin, process.stdout);
await opened?.clip[Symbol.asyncDispose]();
