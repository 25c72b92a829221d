import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readShape } from "../../src/points/read/read.js";
import type { Shape } from "../../src/points/shape.js";

const GOLDEN = join(import.meta.dirname, "..", "golden", "points");

interface Expected {
  readonly mesh: { readonly vertices: number[][]; readonly faces: number[][]; readonly moved: number[][] };
  readonly cloud: { readonly points: number[][]; readonly colours: number[][] };
}
const expected = JSON.parse(readFileSync(join(GOLDEN, "expected.json"), "utf8")) as Expected;
const read = (name: string): Shape => readShape(join(GOLDEN, name));

/** Points in the file's own numbers. */
function pointsOf({ positions, origin }: Shape): number[][] {
  return rowsOf(positions).map((row) => row.map((value, c) => value + origin[c]!));
}

function rowsOf(values: ArrayLike<number>): number[][] {
  return Array.from({ length: values.length / 3 }, (_, i) => [
    values[3 * i]!,
    values[3 * i + 1]!,
    values[3 * i + 2]!,
  ]);
}

function near(found: readonly number[][], wanted: readonly number[][]): void {
  expect(found.length).toBe(wanted.length);
  const worst = Math.max(
    ...found.flatMap((row, i) => row.map((value, c) => Math.abs(value - wanted[i]![c]!))),
  );
  expect(worst).toBeLessThan(2e-6);
}

/** Triangles as the places of their corners, whatever the corners' numbers. */
const triangles = (shape: Shape): number[][] => {
  const points = pointsOf(shape);
  return Array.from(shape.faces!, (corner) => points[corner]!);
};

const { mesh, cloud } = expected;

describe("meshes that other libraries wrote", () => {
  it.each(["mesh.ply", "mesh-ascii.ply", "mesh-big-endian.ply", "mesh.obj", "mesh.off"])("%s", (name) => {
    const shape = read(name);
    near(pointsOf(shape), mesh.vertices);
    expect(rowsOf(shape.faces!)).toEqual(mesh.faces);
    expect(shape.warnings).toEqual([]);
  });

  it.each(["mesh.stl", "mesh-ascii.stl"])("%s, whose triangles have corners of their own", (name) => {
    near(
      triangles(read(name)),
      mesh.faces.flatMap((face) => face.map((corner) => mesh.vertices[corner]!)),
    );
  });

  it("mesh.glb, where its node has it, y up", () => {
    const shape = read("mesh.glb");
    expect(shape.up).toBe("y");
    near(
      triangles(shape),
      mesh.faces.flatMap((face) => face.map((corner) => mesh.moved[corner]!)),
    );
  });
});

describe("clouds that other libraries wrote", () => {
  const coloured = [
    "cloud-ascii.ply",
    "cloud-little-endian.ply",
    "cloud-big-endian.ply",
    "cloud.xyz",
    "cloud.pts",
    "cloud-binary.pcd",
    "cloud-compressed.pcd",
  ];
  const plain = [
    "cloud-ascii.pcd",
    "cloud.csv",
    "cloud-f4.npy",
    "cloud-f8-big-endian.npy",
    "cloud-fortran.npy",
  ];

  it.each([...coloured, ...plain])("%s", (name) => {
    const shape = read(name);
    near(pointsOf(shape), cloud.points);
    expect(shape.faces).toBeUndefined();
    if (coloured.includes(name)) expect(rowsOf(shape.colours!)).toEqual(cloud.colours);
  });

  it("coarse-compressed.pcd, which LZF made smaller", () => {
    near(
      pointsOf(read("coarse-compressed.pcd")),
      cloud.points.map((row) => row.map((value) => Math.round(value * 4) / 4)),
    );
  });
});

describe("what is told", () => {
  const bytes = (text: string, name: string): Shape => readShape(Buffer.from(text), { name });

  it("content goes before a name that lies", () => {
    const ply = readFileSync(join(GOLDEN, "mesh.ply"));
    expect(rowsOf(readShape(ply, { name: "mesh.xyz" }).faces!)).toEqual(mesh.faces);
  });

  it("an OFF whose counts stand on its first line, as ModelNet40 has them", () => {
    const shape = bytes("OFF4 2 0\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 1 2\n4 0 1 2 3\n", "a.off");
    expect(rowsOf(shape.faces!)).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [0, 2, 3],
    ]);
  });

  it("an OBJ that counts from the end, with colours", () => {
    const shape = bytes("v 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 0 1 0 0 0 1\nf -3/1/1 -2/2/1 -1//1\n", "a.obj");
    expect(rowsOf(shape.faces!)).toEqual([[0, 1, 2]]);
    expect(rowsOf(shape.colours!)).toEqual([
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
    ]);
  });

  it("points that are no numbers are left out, and the faces that need them", () => {
    const cloudWarnings = bytes("0 0 0\nnan 1 1\n1 inf 1\n1 1 1\n", "a.xyz");
    expect(rowsOf(cloudWarnings.positions)).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
    expect(cloudWarnings.warnings.map(({ code }) => code)).toEqual(["points.dropped"]);
    const meshWarnings = bytes("v 0 0 0\nv nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\nf 1 3 4\n", "a.obj");
    expect(rowsOf(meshWarnings.faces!)).toEqual([[0, 1, 2]]);
    expect(meshWarnings.warnings.map(({ code }) => code)).toEqual(["points.dropped", "points.faces"]);
  });

  it("places far from 0 keep what is small", () => {
    const shape = bytes("500000.125 4000000.5 10\n500000.250 4000000.25 10.5\n", "utm.xyz");
    expect(pointsOf(shape)).toEqual([
      [500000.125, 4000000.5, 10],
      [500000.25, 4000000.25, 10.5],
    ]);
  });
});
