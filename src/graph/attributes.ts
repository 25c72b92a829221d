import type { GraphNode, Weight } from "./types.js";

/** Numbers of a node's list, or the default. */
export function listOf(node: GraphNode, name: string, otherwise: readonly number[]): readonly number[] {
  const value = node.attributes[name];
  return Array.isArray(value) ? (value as readonly number[]) : otherwise;
}

/** A whole number of a node, or the default. */
export function numberOf(node: GraphNode, name: string, otherwise: number): number {
  const value = node.attributes[name];
  if (typeof value === "number") return value;
  return typeof value === "object" && "float" in value ? value.float : otherwise;
}

/** An axis counted from the first. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The numbers of a weight of i64. */
export function intsIn(weight: Weight): number[] {
  // Copied, as its bytes may begin anywhere in a file.
  const bytes = new Uint8Array(weight.read());
  return Array.from(new BigInt64Array(bytes.buffer), Number);
}
