import type { Shape } from "./shape.js";

/** What further is said of each point, and in the head. */
export interface PlyExtra {
  /** u16 [points] */
  readonly label?: Uint16Array;
  readonly comments?: readonly string[];
}

/** A shape → a PLY file, binary, little-endian, in the shape's own place; f64 where floats would lose what is small. */
export function plyBytes(shape: Shape, { label, comments = [] }: PlyExtra = {}): Uint8Array {
  const { positions, origin, colours, faces } = shape;
  const points = positions.length / 3;
  const wide = origin.some((part) => Math.abs(part) > 1000);
  const number = wide ? 8 : 4;
  const head = [
    "ply",
    "format binary_little_endian 1.0",
    ...comments.map((comment) => `comment ${comment.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, " ")}`),
    `element vertex ${points}`,
    ...["x", "y", "z"].map((axis) => `property ${wide ? "double" : "float"} ${axis}`),
    ...(colours ? ["red", "green", "blue"].map((name) => `property uchar ${name}`) : []),
    ...(label ? ["property ushort label"] : []),
    ...(faces ? [`element face ${faces.length / 3}`, "property list uchar uint vertex_indices"] : []),
    "end_header\n",
  ].join("\n");
  const start = Buffer.from(head, "utf8");
  const stride = 3 * number + (colours ? 3 : 0) + (label ? 2 : 0);
  const bytes = new Uint8Array(start.length + points * stride + ((faces?.length ?? 0) / 3) * 13);
  bytes.set(start);
  const view = new DataView(bytes.buffer, start.length);
  for (let i = 0; i < points; i++) {
    let at = i * stride;
    for (let c = 0; c < 3; c++, at += number) {
      const value = positions[3 * i + c]! + origin[c]!;
      if (wide) view.setFloat64(at, value, true);
      else view.setFloat32(at, value, true);
    }
    for (let c = 0; colours && c < 3; c++) view.setUint8(at++, colours[3 * i + c]!);
    if (label) view.setUint16(at, label[i]!, true);
  }
  for (let f = 0, at = points * stride; faces && f < faces.length; f += 3) {
    view.setUint8(at++, 3);
    for (let k = 0; k < 3; k++, at += 4) view.setUint32(at, faces[f + k]!, true);
  }
  return bytes;
}
