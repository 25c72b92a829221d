import { ProtoWriter } from "./protobuf.js";
import { inferSizes } from "./sizes/infer.js";
import {
  type Attribute,
  type Dimension,
  type Graph,
  type GraphNode,
  ONNX_TYPES,
  type Port,
  type Weight,
} from "./types.js";

/** Weights from this size on go into the external file, where they can be mapped; the graph file stays at a few MB. */
export const EXTERNAL_FROM_BYTES = 1 << 16;

/** External weights start at multiples of this, so that ONNX Runtime can map them (its documented alignment is the page). */
const ALIGNMENT = 4096;

/** ONNX's file version 10 and operator set 17: the first with LayerNormalization, read by every runtime since 2022. */
const IR_VERSION = 10;
const OPSET = 17;

/** A weight's place in the external file. */
export interface ExternalWeight {
  readonly weight: Weight;
  readonly offset: number;
}

/** A graph as the bytes of its ONNX file and the list of weights that its external file holds, in order. */
export interface SerializedModel {
  readonly model: Uint8Array;
  readonly external: readonly ExternalWeight[];
  /** Length of the external file. */
  readonly externalLength: number;
}

/** Where weights lie that another model's external file holds already. */
export interface PlacedWeights {
  /** The file's name beside the ONNX file. */
  readonly file: string;
  /** Offset in that file by the weight's name. */
  readonly offsets: ReadonlyMap<string, number>;
}

/**
 * Writes onnx.proto's ModelProto. `externalName` is the external file's name beside the ONNX file; weights that are
 * placed in another file are taken from there.
 */
export function serializeModel(graph: Graph, externalName: string, placed?: PlacedWeights): SerializedModel {
  const external: ExternalWeight[] = [];
  let end = 0;
  const place = (weight: Weight): number => {
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    external.push({ weight, offset });
    end = offset + weight.byteLength;
    return offset;
  };
  const model = new ProtoWriter()
    .int(1, IR_VERSION)
    .string(2, "zeroclip")
    .message(7, (g) => {
      for (const node of graph.nodes) g.message(1, (m) => writeNode(m, node));
      g.string(2, graph.name);
      for (const weight of graph.weights) {
        const known = placed?.offsets.get(weight.name);
        const isLarge = weight.byteLength >= EXTERNAL_FROM_BYTES;
        const offset = known ?? (isLarge ? place(weight) : undefined);
        g.message(5, (m) =>
          writeWeight(m, weight, known === undefined ? externalName : placed!.file, offset),
        );
      }
      for (const port of graph.inputs) g.message(11, (m) => writePort(m, port));
      for (const port of graph.outputs) g.message(12, (m) => writePort(m, port));
      for (const port of inferSizes(graph)) g.message(13, (m) => writePort(m, port));
    })
    .message(8, (m) => m.string(1, "").int(2, graph.opset ?? OPSET))
    .message(8, (m) => m.string(1, "com.microsoft").int(2, 1))
    .finish();
  return { model, external, externalLength: end };
}

function writeNode(m: ProtoWriter, node: GraphNode): void {
  for (const input of node.inputs) m.string(1, input);
  for (const output of node.outputs) m.string(2, output);
  if (node.outputs[0]) m.string(3, node.outputs[0]);
  m.string(4, node.op);
  for (const [name, value] of Object.entries(node.attributes))
    m.message(5, (a) => writeAttribute(a, name, value));
  if (node.domain) m.string(7, node.domain);
}

/** AttributeProto: the number of each kind stands in field 20. */
function writeAttribute(m: ProtoWriter, name: string, value: Attribute): void {
  m.string(1, name);
  if (typeof value === "number") m.int(3, value).int(20, 2);
  else if (typeof value === "string") m.string(4, value).int(20, 3);
  else if ("float" in value) m.float(2, value.float).int(20, 1);
  else if ("tensor" in value) m.message(5, (t) => writeWeight(t, value.tensor, "", undefined)).int(20, 4);
  else {
    for (const item of value) m.int(8, item);
    m.int(20, 7);
  }
}

function writeWeight(m: ProtoWriter, weight: Weight, file: string, offset: number | undefined): void {
  for (const dim of weight.dims) m.int(1, dim);
  m.int(2, ONNX_TYPES[weight.type]).string(8, weight.name);
  if (offset === undefined) {
    m.bytes(9, weight.read());
    return;
  }
  const entries = { location: file, offset: String(offset), length: String(weight.byteLength) };
  for (const [key, value] of Object.entries(entries)) m.message(13, (e) => e.string(1, key).string(2, value));
  m.int(14, 1);
}

function writePort(m: ProtoWriter, port: Port): void {
  m.string(1, port.name).message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.int(1, ONNX_TYPES[port.type]);
      tensor.message(2, (shape) => {
        for (const dim of port.shape) shape.message(1, (d) => writeDimension(d, dim));
      });
    }),
  );
}

function writeDimension(m: ProtoWriter, dim: Dimension): void {
  if (typeof dim === "number") m.int(1, dim);
  else m.string(2, dim);
}
