/** Parts of files in a row. */
export const fileOf = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

/** The head of a PLY file of points. */
export function plyHead(form: string, count: number): Buffer {
  const lines = [
    "ply",
    `format ${form} 1.0`,
    `element vertex ${count}`,
    "property float x",
    "property float y",
    "property float z",
    "end_header",
    "",
  ];
  return Buffer.from(lines.join("\n"));
}

/** A NumPy file with any head. */
export function npy(head: string, data: Uint8Array): Buffer {
  const text = Buffer.from(`${head}\n`, "latin1");
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return Buffer.concat([Buffer.from("\x93NUMPY\x01\x00", "latin1"), length, text, data]);
}

/** One triangle. */
export const GLTF = {
  asset: { version: "2.0" },
  scenes: [{ nodes: [0] }],
  nodes: [{ mesh: 0 }] as object[],
  meshes: [{ primitives: [{ attributes: { POSITION: 0 } }] }],
  accessors: [{ bufferView: 0, componentType: 5126, type: "VEC3", count: 3 }] as object[],
  bufferViews: [{ buffer: 0, byteLength: 36 }],
  buffers: [{ byteLength: 36 }],
};

/** A GLB file; `says`: lengths that it claims in place of the true ones. */
export function glb(
  json: object | string,
  binary: Uint8Array,
  says: { readonly whole?: number; readonly json?: number; readonly binary?: number } = {},
): Buffer {
  const text = Buffer.from(typeof json === "string" ? json : JSON.stringify(json));
  const padded = Buffer.concat([text, Buffer.alloc((4 - (text.length % 4)) % 4, " ")]);
  const u32 = (...values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [i, value] of values.entries()) bytes.writeUInt32LE(value, 4 * i);
    return bytes;
  };
  const whole = 28 + padded.length + binary.length;
  return Buffer.concat([
    Buffer.from("glTF"),
    u32(2, says.whole ?? whole, says.json ?? padded.length, 0x4e4f534a),
    padded,
    u32(says.binary ?? binary.length, 0x004e4942),
    binary,
  ]);
}
