/** Something worth a human's eye in how a shape was read, no error. */
export interface ShapeWarning {
  readonly code: "points.dropped" | "points.thinned" | "points.faces";
  readonly message: string;
}

/** A point cloud; with faces a mesh, whose corners the points are. */
export interface Shape {
  /** f32 [points, 3], finite, less `origin`. */
  readonly positions: Float32Array;
  /** The first point, in the file's own numbers: far from 0 a float would lose what is small. */
  readonly origin: readonly [number, number, number];
  /** u8 [points, 3] red, green, blue, where the file has them. */
  readonly colours?: Uint8Array;
  /** u32 [faces, 3] positions of corners. */
  readonly faces?: Uint32Array;
  /** Which axis points up where the format says so. */
  readonly up?: Up;
  readonly warnings: readonly ShapeWarning[];
}

/** The axis that points up. */
export type Up = "y" | "z";

/** Points of a shape. */
export const pointsOf = ({ positions }: Pick<Shape, "positions">): number => positions.length / 3;

/** Triangles of a shape; 0 of a cloud. */
export const facesOf = ({ faces }: Pick<Shape, "faces">): number => (faces?.length ?? 0) / 3;
