import { type ModelFile, textOf, unsupported } from "./read-parts.js";
import { readAttribute, readTensor } from "./read-tensor.js";
import { broken, type Field, fields, type ReadAt, readPort } from "./reader.js";
import type { Attribute, Graph, GraphNode, Port, Weight } from "./types.js";

export type { ModelFile } from "./read-parts.js";

/** Operator sets whose nodes mean the same to today's ONNX Runtime: exports since 2020 have one of them. */
const OLDEST_OPSET = 11;
const NEWEST_OPSET = 22;

/** Nodes, weights and names of one graph: far above exported towers, which have some thousands. */
const MOST_PARTS = 100_000;

/**
 * An ONNX file of two-tower exports as plain data; weights are read when they are asked for, nothing is computed. Raises
 * `graph.format` for what is no ONNX graph and `graph.unsupported` for what plain data can't hold: graphs inside nodes,
 * functions, sparse weights, operators of other domains, types without a name here.
 */
export function readModel(file: ModelFile): Graph {
  const parts = [...fields(file.readAt, 0, file.size)];
  const graphs = parts.filter(({ number, wire }) => number === 7 && wire === 2);
  if (graphs.length !== 1) throw broken(0);
  if (parts.some(({ number }) => number === 25)) throw unsupported("functions");
  const opset = opsetOf(file, parts);
  return { ...readGraph(file, graphs[0]!), opset };
}

function opsetOf({ readAt }: ModelFile, parts: readonly Field[]): number {
  for (const part of parts.filter(({ number, wire }) => number === 8 && wire === 2)) {
    const inside = [...fields(readAt, part.start, part.end)];
    const domain = inside.find(({ number }) => number === 1);
    if (domain && !ONNX_DOMAINS.has(textOf(readAt, domain))) continue;
    const version = inside.find(({ number }) => number === 2)?.value ?? 0;
    if (version >= OLDEST_OPSET && version <= NEWEST_OPSET) return version;
    throw unsupported(`operator set ${version} (${OLDEST_OPSET} to ${NEWEST_OPSET} are read)`);
  }
  throw broken(0);
}

const ONNX_DOMAINS = new Set(["", "ai.onnx"]);

function readGraph(file: ModelFile, graph: Field): Graph {
  const { readAt } = file;
  const nodes: GraphNode[] = [];
  const weights: Weight[] = [];
  const inputs: Port[] = [];
  const outputs: Port[] = [];
  let name = "";
  for (const part of fields(readAt, graph.start, graph.end)) {
    if (part.wire !== 2) continue;
    if (nodes.length + weights.length > MOST_PARTS) throw unsupported("so many nodes");
    if (part.number === 1) {
      const node = readNode(file, part);
      const constant = node.op === "Constant" ? node.attributes.value : undefined;
      if (typeof constant === "object" && "tensor" in constant)
        weights.push({ ...constant.tensor, name: node.outputs[0]! });
      else nodes.push(node);
    } else if (part.number === 2) name = textOf(readAt, part);
    else if (part.number === 5) weights.push(readTensor(file, part));
    else if (part.number === 11) inputs.push(portOf(readAt, part));
    else if (part.number === 12) outputs.push(portOf(readAt, part));
    else if (part.number === 15) throw unsupported("sparse weights");
  }
  if (outputs.length === 0) throw broken(graph.start);
  const constant = new Set(weights.map((weight) => weight.name));
  return { name, inputs: inputs.filter((port) => !constant.has(port.name)), outputs, weights, nodes };
}

function readNode(file: ModelFile, node: Field): GraphNode {
  const { readAt } = file;
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Record<string, Attribute> = {};
  let op = "";
  let domain = "";
  for (const part of fields(readAt, node.start, node.end)) {
    if (part.wire !== 2) continue;
    if (part.number === 1) inputs.push(textOf(readAt, part));
    else if (part.number === 2) outputs.push(textOf(readAt, part));
    else if (part.number === 4) op = textOf(readAt, part);
    else if (part.number === 7) domain = textOf(readAt, part);
    else if (part.number === 5) {
      const [name, value] = readAttribute(file, part);
      attributes[name] = value;
    }
  }
  if (op === "" || outputs.length === 0) throw broken(node.start);
  if (ONNX_DOMAINS.has(domain)) return { op, domain: "", inputs, outputs, attributes };
  if (domain === "com.microsoft") return { op, domain, inputs, outputs, attributes };
  throw unsupported(`operators of the domain "${domain}"`);
}

function portOf(readAt: ReadAt, field: Field): Port {
  const { name, type, shape } = readPort(readAt, field);
  if (type !== "other") return { name, type, shape };
  throw unsupported(`the type of ${name}`);
}
