import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { GraphBuilder } from "../../src/graph/builder.js";
import * as ops from "../../src/graph/ops.js";
import { writeBrowserFiles } from "../../src/host/browser-files.js";
import { writeTower } from "../../src/models/write-tower.js";
import { placeFiveModels } from "../support/five-models.js";

/** Side of the squares that the model of bytes reads. */
const SIDE = 32;
const DIM = SIDE * SIDE * 3;

/** A model whose feature of a picture is its square, so that equal vectors are equal bytes. */
async function writeBytesModel(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const image = new GraphBuilder("image");
  const pixels = image.input("pixels", "u8", ["n", SIDE, SIDE, 3]);
  image.output(ops.reshape(image, ops.cast(image, pixels, "f32"), [-1, DIM]), "features", ["n", DIM]);
  await writeTower(folder, "image", image.finish());
  const text = new GraphBuilder("text");
  const ids = text.input("ids", "i64", ["n", "length"]);
  const first = ops.gather(text, ops.cast(text, ids, "f32"), text.ints([0]), 1);
  const ones = text.floats("ones", new Float32Array(DIM).fill(1), [1, DIM]);
  text.output(ops.multiply(text, first, ones), "features", ["n", DIM]);
  await writeTower(folder, "text", text.finish());
  writeManifest(folder, "bytes");
  writeSums(folder, ["image.onnx", "text.onnx", "zeroclip.json"]);
}

function manifestOf(name: string) {
  return {
    formatVersion: 1,
    kind: "two-tower-onnx",
    name,
    dim: DIM,
    logitScale: 100,
    precision: "fp32",
    image: {
      file: "image.onnx",
      input: "pixels",
      output: "features",
      size: SIDE,
      resize: { mode: "shorter-side", filter: "bicubic", resizeTo: SIDE, crop: SIDE },
    },
    text: {
      file: "text.onnx",
      inputs: ["ids"],
      output: "features",
      tokenizer: { kind: "clip-bpe", contextLength: 77 },
    },
    templates: ["{}"],
    parameters: { image: 0, text: 0 },
  };
}

function writeManifest(folder: string, name: string, more: object = {}): void {
  writeFileSync(join(folder, "zeroclip.json"), JSON.stringify({ ...manifestOf(name), ...more }));
}

/** A graph's bytes with one word in place of another of the same length. */
function replaced(bytes: Buffer, word: string, by: string): Buffer {
  return Buffer.from(bytes.toString("latin1").replaceAll(word, by), "latin1");
}

function writeSums(folder: string, names: readonly string[]): void {
  const hash = (name: string): string =>
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex");
  writeFileSync(
    join(folder, "checksums.json"),
    JSON.stringify(Object.fromEntries(names.map((name) => [name, hash(name)]))),
  );
}

/** Folders that look like models and are none. Every file has the hash that its list says: what is wrong is the content. */
function writeHostile(site: string): void {
  const folder = (name: string): string => {
    mkdirSync(join(site, name), { recursive: true });
    return join(site, name);
  };
  const noJson = folder("no-json");
  writeFileSync(join(noJson, "zeroclip.json"), "{ not JSON");
  writeSums(noJson, ["zeroclip.json"]);
  const noTowers = folder("no-towers");
  writeFileSync(
    join(noTowers, "zeroclip.json"),
    JSON.stringify({ formatVersion: 1, kind: "two-tower-onnx", name: "x" }),
  );
  writeSums(noTowers, ["zeroclip.json"]);
  const graph = readFileSync(join(site, "bytes/text.onnx"));
  const like = (name: string, files: Readonly<Record<string, Uint8Array>>, more: object = {}): void => {
    const to = folder(name);
    writeManifest(to, name, more);
    for (const file of ["image.onnx", "text.onnx"])
      writeFileSync(join(to, file), files[file] ?? readFileSync(join(site, "bytes", file)));
    writeSums(to, ["image.onnx", "text.onnx", "zeroclip.json"]);
  };
  like("no-graph", { "text.onnx": Buffer.from("this is no graph") });
  like("half-a-graph", { "text.onnx": graph.subarray(0, graph.length >> 1) });
  like("no-image-graph", { "image.onnx": Buffer.from("this is no graph") });
  // The operator's name is as long as the one that ONNX Runtime knows.
  like("unknown-operator", { "text.onnx": replaced(graph, "Gather", "Gothic") });
  like("other-dim", {}, { dim: 7 });
  like("other-version", {}, { formatVersion: 2 });
  const { image, text: words } = manifestOf("x");
  like("huge", {}, { image: { ...image, size: 1_000_000 } });
  like("escapes", {}, { image: { ...image, file: "../bytes/image.onnx" } });
  like("other-input", {}, { text: { ...words, inputs: ["tokens"] } });
  const noTokenizer = folder("no-tokenizer");
  const text = {
    file: "text.onnx",
    inputs: ["ids"],
    output: "features",
    tokenizer: "tokenizer.json",
    maxLength: 64,
    padTokenId: 0,
  };
  writeManifest(noTokenizer, "no-tokenizer", { text });
  for (const name of ["image.onnx", "text.onnx"])
    writeFileSync(join(noTokenizer, name), readFileSync(join(site, "bytes", name)));
  writeFileSync(join(noTokenizer, "tokenizer.json"), "[1, 2");
  writeSums(noTokenizer, ["image.onnx", "text.onnx", "tokenizer.json", "zeroclip.json"]);
}

/** A site that holds the suite and all models of its cases: what both worlds read. */
export async function writeSite(site: string): Promise<void> {
  rmSync(site, { recursive: true, force: true });
  const models = join(site, "zeroclip");
  const home = join(site, "home");
  placeFiveModels(home);
  await writeBrowserFiles(models, { models: ["starter", "ViT-B/32"], home, offline: true });
  await writeBytesModel(join(models, "bytes"));
  writeHostile(models);
  await writePage(site);
}

/** The suite and the page that runs it. */
export async function writePage(site: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    build: {
      target: "es2022",
      outDir: join(site, "suite"),
      emptyOutDir: true,
      rolldownOptions: { input: "test/browser/world.ts", output: { entryFileNames: "world.js" } },
    },
  });
  writeFileSync(
    join(site, "index.html"),
    '<!doctype html><meta charset="utf-8"><title>suite</title><script type="module" src="/suite/world.js"></script>',
  );
}
