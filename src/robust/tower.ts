import { ClipError } from "../errors.js";
import type { Graph, GraphNode, Weight } from "../graph/types.js";
import type { ImageTower, ModelManifest } from "../models/manifest.js";

/** An image tower whose pixels are numbers, so that they can be changed by less than a byte's step. */
export interface FloatTower {
  /** Input `pixels` f32 [n, size, size, 3], 0..255; output `features` f32 [n, dim]. */
  readonly graph: Graph;
  /** Side of the square, pixels. */
  readonly size: number;
  readonly dim: number;
}

/** What the towers' input and output are called here. */
export const PIXELS = "pixels";
export const FEATURES = "features";

/** An image tower as its model's file has it → the same with pixels as numbers. Raises `graph.gradient` for another input. */
export function floatTower(graph: Graph, { image, dim }: Pick<ModelManifest, "image" | "dim">): FloatTower {
  const { size } = image.preprocessing;
  const pixels = { name: PIXELS, type: "f32" as const, shape: ["n", size, size, 3] };
  const features = { name: FEATURES, type: "f32" as const, shape: ["n", dim] };
  const [input] = graph.inputs;
  if (graph.inputs.length !== 1 || input?.name !== image.input) {
    const names = graph.inputs.map(({ name }) => name).join(", ");
    throw new ClipError(
      "graph.gradient",
      `Expected an image tower that takes ${image.input} alone but it takes ${names}.`,
    );
  }
  const before = entering(image);
  const last = renamed([FEATURES, image.output]);
  return {
    size,
    dim,
    graph: {
      ...graph,
      inputs: [pixels],
      outputs: [features],
      weights: [...graph.weights, ...before.weights],
      nodes: [...before.nodes, ...graph.nodes, ...last],
    },
  };
}

/** A copy of a value under another name. */
function renamed([to, from]: readonly [string, string]): GraphNode[] {
  return to === from ? [] : [{ op: "Identity", domain: "", inputs: [from], outputs: [to], attributes: {} }];
}

/** From pixels 0..255 to what the tower takes: towers that take bytes cast them to floats themselves. */
function entering({ input, pixels }: ImageTower): { nodes: GraphNode[]; weights: Weight[] } {
  if (pixels.layout === "u8-nhwc") return { nodes: renamed([input, PIXELS]), weights: [] };
  const planes = (name: string, values: readonly number[]): Weight => {
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    return { name, type: "f32", dims: [1, 3, 1, 1], byteLength: bytes.length, read: () => bytes };
  };
  const weights = [
    planes(
      "entering/mean",
      pixels.mean.map((mean) => 255 * mean),
    ),
    planes(
      "entering/scale",
      pixels.std.map((std) => 1 / (255 * std)),
    ),
  ];
  const node = (op: string, inputs: string[], output: string, attributes = {}): GraphNode => {
    return { op, domain: "", inputs, outputs: [output], attributes };
  };
  return {
    weights,
    nodes: [
      node("Transpose", [PIXELS], "entering/planes", { perm: [0, 3, 1, 2] }),
      node("Sub", ["entering/planes", "entering/mean"], "entering/centred"),
      node("Mul", ["entering/centred", "entering/scale"], input),
    ],
  };
}
