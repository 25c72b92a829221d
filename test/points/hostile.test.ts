import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { ClipError } from "../../src/errors.js";
import { USUAL_LIMITS } from "../../src/points/limits.js";
import { readShape } from "../../src/points/read/read.js";
import { pointsOf } from "../../src/points/shape.js";
import { renderViews } from "../../src/points/view/render.js";
import { fileOf, GLTF, glb, npy, plyHead } from "./hostile.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-points-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Floats of one byte order. */
function floats(values: readonly number[], little = true): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries())
    if (little) bytes.writeFloatLE(value, 4 * i);
    else bytes.writeFloatBE(value, 4 * i);
  return bytes;
}

const lengths = Array.from({ length: 300 }, (_, i) => Math.sin(i + 1) * 2);

describe("a damaged or lying file is one sentence with a code", () => {
  const cases: readonly (readonly [
    what: string,
    code: string,
    words: RegExp,
    bytes: Uint8Array,
    name: string,
  ])[] = [
    ["nothing", "points.empty", /no bytes/, Buffer.alloc(0), "a.ply"],
    ["a text", "points.format", /none by its name and content/, Buffer.from("hello there\n"), "a.doc"],
    ["gzip", "points.format", /gzip; unpack it/, Buffer.from([0x1f, 0x8b, 8, 0, 0]), "a.ply"],
    ["a zip archive", "points.format", /zip archive/, Buffer.from("PK\x03\x04more"), "a.glb"],
    ["glTF as JSON", "points.format", /\.glb/, Buffer.from('{"asset": {}}'), "a.gltf"],
    [
      "a head without an end",
      "points.truncated",
      /end_header/,
      Buffer.from("ply\nformat ascii 1.0\n"),
      "a.ply",
    ],
    [
      "no such type",
      "points.damaged",
      /line 4.*property/,
      Buffer.from("ply\nformat ascii 1.0\nelement vertex 1\nproperty quaternion x\n"),
      "a.ply",
    ],
    [
      "a count below 0",
      "points.damaged",
      /count/,
      Buffer.from("ply\nformat ascii 1.0\nelement vertex -5\n"),
      "a.ply",
    ],
    [
      "more points than bytes",
      "points.truncated",
      /60000000000 bytes.*12 bytes are left/,
      fileOf(plyHead("binary_little_endian", 5e9), floats([1, 2, 3])),
      "a.ply",
    ],
    [
      "fewer lines than points",
      "points.truncated",
      /3 rows of vertex.*found 1/,
      fileOf(plyHead("ascii", 3), Buffer.from("0 0 0\n")),
      "a.ply",
    ],
    [
      "words for numbers",
      "points.damaged",
      /line 8.*"a b c"/,
      fileOf(plyHead("ascii", 1), Buffer.from("a b c\n")),
      "a.ply",
    ],
    [
      "big-endian that is little",
      "points.damaged",
      /big-endian.*little-endian ones only/,
      fileOf(plyHead("binary_big_endian", 100), floats(lengths)),
      "a.ply",
    ],
    [
      "little-endian that is big",
      "points.damaged",
      /little-endian.*big-endian ones only/,
      fileOf(plyHead("binary_little_endian", 100), floats(lengths, false)),
      "a.ply",
    ],
    [
      "an array that lies of its order",
      "points.damaged",
      /big-endian/,
      npy("{'descr': '>f4', 'fortran_order': False, 'shape': (100, 3), }", floats(lengths)),
      "a.npy",
    ],
    [
      "an array of more than there is",
      "points.truncated",
      /1000000000 × 3/,
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 3), }", floats(lengths)),
      "a.npy",
    ],
    [
      "an array of objects",
      "points.damaged",
      /head can't be read/,
      npy("{'descr': '|O', 'fortran_order': False, 'shape': (1, 3), }", Buffer.alloc(9)),
      "a.npy",
    ],
    [
      "an array of two columns",
      "points.damaged",
      /50 × 2/,
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (50, 2), }", floats(lengths)),
      "a.npy",
    ],
    [
      "a face of a point that there is not",
      "points.damaged",
      /points 0 to 2 in .* names point 9/,
      Buffer.from("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 9\n"),
      "a.off",
    ],
    [
      "a face of a point counted from 1 that there is not",
      "points.damaged",
      /points 1 to 3 in .* names point 4\./,
      Buffer.from("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 4\n"),
      "a.obj",
    ],
    ["faces without points", "points.empty", /it has none/, Buffer.from("f 1 2 3\n"), "a.obj"],
    [
      "a face of point −1",
      "points.damaged",
      /names point -1\./,
      Buffer.from(
        "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 -1\n",
      ),
      "a.ply",
    ],
    [
      "a face of no point",
      "points.damaged",
      /corners counted from 1, or back from −1, in line 4/,
      Buffer.from("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 0 1 2\n"),
      "a.obj",
    ],
    [
      "a face from before the first",
      "points.damaged",
      /back from −1, in line 4/,
      Buffer.from("v 0 0 0\nv 1 0 0\nv 0 1 0\nf -9 1 2\n"),
      "a.obj",
    ],
    [
      "a face of a list without an end",
      "points.damaged",
      /list with its length/,
      fileOf(
        Buffer.from(
          `${plyHead("ascii", 1).toString().replace("end_header\n", "")}element face 1\nproperty list uchar int vertex_indices\nend_header\n`,
        ),
        Buffer.from("0 0 0\n200 0 0 0\n"),
      ),
      "a.ply",
    ],
    [
      "an STL of more triangles than bytes",
      "points.truncated",
      /1000000 triangles/,
      fileOf(Buffer.alloc(80), Buffer.from([0x40, 0x42, 0x0f, 0]), Buffer.alloc(50)),
      "a.stl",
    ],
    [
      "an STL of too many triangles",
      "points.too-large",
      /4294967295/,
      fileOf(Buffer.alloc(80), Buffer.from([255, 255, 255, 255]), Buffer.alloc(50)),
      "a.stl",
    ],
    [
      "an STL that ends in a facet",
      "points.truncated",
      /endsolid/,
      Buffer.from("solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\n"),
      "a.stl",
    ],
    [
      "compressed to more than it can be",
      "points.damaged",
      /so few can't hold/,
      fileOf(
        Buffer.from(
          "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 9\nHEIGHT 1\nPOINTS 9\nDATA binary_compressed\n",
        ),
        Buffer.from([4, 0, 0, 0, 0, 0, 0, 4]),
        Buffer.alloc(4),
      ),
      "a.pcd",
    ],
    [
      "compressed to gigabytes",
      "points.too-large",
      /unpacked/,
      fileOf(
        Buffer.from(
          "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nPOINTS 9\nDATA binary_compressed\n",
        ),
        Buffer.from([4, 0, 0, 0, 0, 0, 0, 200]),
        Buffer.alloc(4),
      ),
      "a.pcd",
    ],
    [
      "a GLB of more bytes than it has",
      "points.truncated",
      /4000000000 bytes/,
      glb(GLTF, Buffer.alloc(36), { whole: 4_000_000_000 }),
      "a.glb",
    ],
    [
      "a GLB whose JSON passes the end",
      "points.damaged",
      /first chunk/,
      glb(GLTF, Buffer.alloc(36), { json: 4_000_000_000 }),
      "a.glb",
    ],
    [
      "a GLB whose binary part passes the end",
      "points.damaged",
      /second chunk/,
      glb(GLTF, Buffer.alloc(36), { binary: 4_000_000_000 }),
      "a.glb",
    ],
    [
      "a GLB of a billion corners",
      "points.too-large",
      /1000000000/,
      glb({ ...GLTF, accessors: [{ ...GLTF.accessors[0], count: 1e9 }] }, Buffer.alloc(36)),
      "a.glb",
    ],
    [
      "a GLB of more corners than bytes",
      "points.truncated",
      /end at 12000/,
      glb({ ...GLTF, accessors: [{ ...GLTF.accessors[0], count: 1000 }] }, Buffer.alloc(36)),
      "a.glb",
    ],
    [
      "a GLB of zeros from nowhere",
      "points.unsupported",
      /no numbers of its own/,
      glb({ ...GLTF, accessors: [{ componentType: 5126, type: "VEC3", count: 9 }] }, Buffer.alloc(36)),
      "a.glb",
    ],
    [
      "a GLB that is packed",
      "points.unsupported",
      /KHR_draco/,
      glb({ ...GLTF, extensionsRequired: ["KHR_draco_mesh_compression"] }, Buffer.alloc(36)),
      "a.glb",
    ],
    [
      "a GLB whose nodes go in a circle",
      "points.damaged",
      /circle/,
      glb({ ...GLTF, nodes: [{ children: [0, 0], mesh: 0 }] }, Buffer.alloc(36)),
      "a.glb",
    ],
    ["a GLB without JSON", "points.damaged", /JSON/, glb("{broken", Buffer.alloc(36)), "a.glb"],
    [
      "numbers that are none",
      "points.empty",
      /none of its points \(2\) is of three numbers up to ±1e\+15/,
      Buffer.from("nan nan nan\nnan 0 0\n"),
      "a.xyz",
    ],
    [
      "a line without an end",
      "points.damaged",
      /at most 65536 characters/,
      Buffer.from(`1 2 3\n${"9".repeat(200_000)}`),
      "a.xyz",
    ],
  ];

  it.each(cases)("%s", (_, code, words, bytes, name) => {
    expect(() => readShape(bytes, { name })).toThrow(expect.objectContaining({ name: "ClipError", code }));
    expect(() => readShape(bytes, { name })).toThrow(words);
  });

  it("a file that is not there, and a folder", () => {
    expect(() => readShape(join(folder, "none.ply"))).toThrow(
      expect.objectContaining({ code: "points.file" }),
    );
    expect(() => readShape(folder)).toThrow(expect.objectContaining({ code: "points.file" }));
  });
});

describe("nothing to see", () => {
  it.each([
    ["one point", "1 2 3\n", /one point only/],
    ["all at one place", "7 7 7\n".repeat(1000), /all 1000 are at one place/],
  ])("%s", (_, text, words) => {
    const shape = readShape(Buffer.from(text), { name: "a.xyz" });
    expect(() => renderViews(shape, 64)).toThrow(expect.objectContaining({ code: "points.flat" }));
    expect(() => renderViews(shape, 64)).toThrow(words);
  });

  it("triangles that hide one another without end", () => {
    const corners = Array.from({ length: 6000 }, () => "v -1 -1 0\nv 1 -1 0.3\nv 0 1 0.1\n").join("");
    const faces = Array.from({ length: 6000 }, (_, i) => `f ${3 * i + 1} ${3 * i + 2} ${3 * i + 3}\n`).join(
      "",
    );
    const shape = readShape(Buffer.from(corners + faces), { name: "a.obj" });
    expect(() => renderViews(shape, 512)).toThrow(expect.objectContaining({ code: "points.too-large" }));
  });
});

it("a cloud of 50 million points is thinned while it is read", () => {
  const path = join(folder, "huge.ply");
  const head = plyHead("binary_little_endian", 50_000_000);
  writeFileSync(path, head);
  // Zeros that take no room on the disk, but for some points.
  truncateSync(path, head.length + 50_000_000 * 12);
  const shape = readShape(path);
  expect(pointsOf(shape)).toBeLessThanOrEqual(USUAL_LIMITS.points);
  expect(pointsOf(shape)).toBeGreaterThan(USUAL_LIMITS.points / 2);
  expect(shape.warnings).toEqual([
    { code: "points.thinned", message: expect.stringContaining("50000000 points: every 32th is kept") },
  ]);
});

it("whatever bytes come, the answer is a shape or a ClipError", () => {
  const heads = [
    "ply\nformat binary_little_endian 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\nend_header\n",
    "OFF\n",
    "glTF\x02\0\0\0",
    "\x93NUMPY\x01\0",
    "VERSION 0.7\nFIELDS x y z\n",
    "solid a\n",
    "",
  ];
  const name = fc.constantFrom("a.ply", "a.off", "a.glb", "a.npy", "a.pcd", "a.stl", "a.obj", "a.xyz", "a");
  fc.assert(
    fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 400 }), name, (head, rest, called) => {
      try {
        expect(
          pointsOf(readShape(Buffer.concat([Buffer.from(head, "latin1"), rest]), { name: called })),
        ).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(ClipError);
      }
    }),
    { seed: 7, numRuns: 2000 },
  );
});
