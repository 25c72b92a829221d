import { ClipError } from "../../errors.js";
import { JsonObject } from "../../models/json.js";
import { MOST_LOOKED_AT } from "../limits.js";
import type { Shape } from "../shape.js";
import { PointSink } from "../sink.js";
import type { Bytes } from "./bytes.js";
import { indicesOf, pointsOf, trianglesOf } from "./glb-accessors.js";
import type { GlbFile } from "./glb-file.js";
import { placedParts } from "./glb-nodes.js";

const JSON_CHUNK = 0x4e4f534a;
const BIN_CHUNK = 0x004e4942;

/** Extensions that change where points lie or how they are packed; others (materials, lights) may be required for all we care. */
const PACKED = /draco|meshopt|instancing|quantization/i;

/** Chunks of a file (glTF 2.0 specification, section 4); each declared length has to fit before it is read. */
function openGlb(bytes: Bytes): GlbFile {
  const wrong = (why: string): ClipError =>
    new ClipError("points.damaged", `Expected a GLB file in ${bytes.name} but ${why}.`);
  const u32 = (offset: number): number => {
    const part = bytes.read(offset, 4);
    return new DataView(part.buffer, part.byteOffset, 4).getUint32(0, true);
  };
  const version = u32(4);
  if (version !== 2)
    throw new ClipError(
      "points.unsupported",
      `Expected glTF 2.0 in ${bytes.name} but its version is ${version}.`,
    );
  const whole = u32(8);
  if (whole > bytes.size)
    throw new ClipError(
      "points.truncated",
      `Expected the ${whole} bytes that ${bytes.name} says it has but it has ${bytes.size}.`,
    );
  const length = u32(12);
  if (u32(16) !== JSON_CHUNK || length > bytes.limits.json || 20 + length > bytes.size)
    throw wrong(`its first chunk is no JSON of at most ${bytes.limits.json} bytes within the file`);
  const text = Buffer.from(bytes.read(20, length)).toString("utf8").replace(/\0+$/, "");
  const json = JsonObject.parse(text, `the JSON of ${bytes.name}`, "points.damaged");
  const next = 20 + Math.ceil(length / 4) * 4;
  if (next + 8 > bytes.size) return { bytes, json, start: 0, length: 0 };
  const [size, kind] = [u32(next), u32(next + 4)];
  if (kind !== BIN_CHUNK || next + 8 + size > bytes.size)
    throw wrong("its second chunk is no binary one within the file");
  return { bytes, json, start: next + 8, length: size };
}

/** GLB (glTF 2.0 in one file): the points and triangles of its scene, each where its node has it. */
export function readGlb(bytes: Bytes): Shape {
  const file = openGlb(bytes);
  const required = file.json.strings("extensionsRequired", []).filter((name) => PACKED.test(name));
  if (required.length > 0)
    throw new ClipError(
      "points.unsupported",
      `Expected a GLB file without packed points but ${bytes.name} needs ${required.join(", ")}; save it without.`,
    );
  const drawn = placedParts(file.json);
  const hasFaces = drawn.some(({ mode }) => mode >= 4);
  const sink = new PointSink(bytes, hasFaces);
  for (const { matrix: m, mode, position, indices } of drawn) {
    // Lines are no surface.
    if (mode >= 1 && mode <= 3) continue;
    if (sink.seen > MOST_LOOKED_AT)
      throw new ClipError(
        "points.too-large",
        `Expected at most ${MOST_LOOKED_AT} points in ${bytes.name} but it names some again and again.`,
      );
    const first = sink.seen;
    const count = pointsOf(file, position, (x, y, z) => {
      if (!sink.next()) return;
      sink.add(
        m[0]! * x + m[4]! * y + m[8]! * z + m[12]!,
        m[1]! * x + m[5]! * y + m[9]! * z + m[13]!,
        m[2]! * x + m[6]! * y + m[10]! * z + m[14]!,
      );
    });
    if (mode < 4) continue;
    const corners = indices === undefined ? undefined : indicesOf(file, indices);
    trianglesOf(mode, corners?.length ?? count, (a, b, c) =>
      sink.face([a, b, c].map((k) => first + (corners ? corners[k]! : k))),
    );
  }
  return sink.finish("y");
}
