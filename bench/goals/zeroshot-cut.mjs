// Second models to measure ensembles and cascades with, cut out of the starter's own ONNX files: one of its two image towers
// alone, at a side of choice, without the caption head, which needs both towers. The same as tools/starter/cut.py.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prune } from "../../dist/graph/prune.js";
import { readModel } from "../../dist/graph/read-model.js";
import { writeTowers } from "../../dist/models/write-tower.js";
import { cache } from "./data.mjs";

/** In the order of the starter's graph. */
const TOWERS = ["lite2", "lite1"];
/** Class shares and class mixture: what is left without the caption head. */
const DIM = 1000 + 256;

function read(file) {
  const bytes = readFileSync(join("starter", file));
  return readModel({
    size: bytes.length,
    readAt: (offset, length) => bytes.subarray(offset, offset + length),
    readBeside: (location) => {
      throw new Error(`Expected no weights beside ${file} but it names ${location}.`);
    },
  });
}

const edited = (graph, edit) => ({ ...graph, nodes: graph.nodes.map((node) => edit(node) ?? node) });

/** The last concatenation without its third part, the caption head. */
function shorten(graph) {
  const { inputs } = graph.nodes.find(({ op }) => op === "Identity");
  const short = edited(graph, (node) =>
    node.outputs[0] === inputs[0] ? { ...node, inputs: node.inputs.slice(0, 2) } : undefined,
  );
  return { ...short, outputs: [{ ...graph.outputs[0], shape: ["n", DIM] }] };
}

/** One tower in place of the mean of both. */
function alone(graph, tower) {
  const sum = graph.nodes.find(({ op }) => op === "Sum");
  const share = graph.nodes.find(({ inputs }) => inputs.includes(sum.outputs[0])).inputs[1];
  const one = ({ byteLength, type, ...weight }) => ({
    ...weight,
    type: "f32",
    byteLength: 4,
    read: () => new Uint8Array(new Float32Array([1]).buffer),
    dims: weight.dims.map(() => 1),
  });
  return {
    ...edited(graph, (node) => (node === sum ? { ...node, inputs: [sum.inputs[tower]] } : undefined)),
    weights: graph.weights.map((weight) => (weight.name === share ? one(weight) : weight)),
  };
}

/** Another side of the picture, on which the padding of TensorFlow's SAME hangs; Lite1 sees all of it, not its middle. */
function resized(graph, size) {
  const sides = new Map([[graph.inputs[0].name, size]]);
  const whole = new Map(
    graph.nodes.filter(({ op }) => op === "Slice").map(({ inputs, outputs }) => [outputs[0], inputs[0]]),
  );
  const nodes = [];
  for (const node of graph.nodes.filter(({ op }) => op !== "Slice")) {
    const inputs = node.inputs.map((name) => whole.get(name) ?? name);
    let side = inputs.map((name) => sides.get(name)).find((found) => found !== undefined);
    let { attributes } = node;
    if (side !== undefined && node.op === "Conv") {
      const [kernel, stride] = [attributes.kernel_shape[0], attributes.strides[0]];
      const out = Math.ceil(side / stride);
      const total = Math.max((out - 1) * stride + kernel - side, 0);
      const [before, after] = [total >> 1, total - (total >> 1)];
      attributes = { ...attributes, pads: [before, before, after, after] };
      side = out;
    }
    if (side !== undefined && !node.op.startsWith("Global")) {
      for (const name of node.outputs) sides.set(name, side);
    }
    nodes.push({ ...node, inputs, attributes });
  }
  return { ...graph, inputs: [{ ...graph.inputs[0], shape: ["n", size, size, 3] }], nodes };
}

/** The folder of a model of one tower, made where it isn't there. */
export async function cutModel(tower, size) {
  // Another starter is cut anew.
  const sha256 = JSON.parse(readFileSync("starter/checksums.json", "utf8"))["image.onnx"];
  const name = `starter-${tower}-${size}`;
  const folder = join(cache, "cut", `${sha256.slice(0, 12)}-${name}`);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}.partial`;
  mkdirSync(partial, { recursive: true });
  try {
    const image = resized(prune(alone(shorten(read("image.onnx")), TOWERS.indexOf(tower))), size);
    await writeTowers(partial, { image, text: prune(shorten(read("text.onnx"))) }, "starter/tokenizer.json");
    const { textByScript: _, ...manifest } = JSON.parse(readFileSync("starter/zeroclip.json", "utf8"));
    Object.assign(manifest, { name, dim: DIM, languages: ["en"], knownScripts: ["Latin"] });
    Object.assign(manifest.image, { size });
    Object.assign(manifest.image.resize, { resizeTo: size, crop: size });
    writeFileSync(join(partial, "zeroclip.json"), JSON.stringify(manifest));
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}
