/** Where a shape is looked at from: degrees around it from the front, and above its middle. */
export interface Viewpoint {
  readonly name: string;
  readonly around: number;
  readonly above: number;
}

/** Axes of a picture in a shape's own (z up): to its right, up, and towards who looks. */
export interface Camera {
  readonly right: Axis;
  readonly up: Axis;
  readonly toward: Axis;
}

type Axis = readonly [number, number, number];

const SIDES = ["front", "right", "back", "left"].map((name, i) => ({ name, around: 90 * i }));
const CORNERS = ["front-right", "back-right", "back-left", "front-left"].map((name, i) => ({
  name,
  around: 90 * i + 45,
}));

/** How far above the middle sides and corners are looked at from, and top and bottom from aside: PointCLIP V2's π/9 and π/15. */
const SIDE_TILT = 20;
const END_TILT = 12;

/** All viewpoints: four sides, top, bottom (PointCLIP's six), four corners (with them PointCLIP V2's ten). `tilted`: as V2 has them. */
export function viewpoints(tilted: boolean): readonly Viewpoint[] {
  const above = tilted ? SIDE_TILT : 0;
  const end = tilted ? 90 - END_TILT : 90;
  return [
    ...SIDES.map((side) => ({ ...side, above })),
    { name: "top", around: 0, above: end },
    { name: "bottom", around: 0, above: -end },
    ...CORNERS.map((corner) => ({ ...corner, above })),
  ];
}

/** How many views there may be, and which of all they are. */
export const VIEW_COUNTS: Readonly<Record<ViewCount, readonly number[]>> = {
  6: [0, 1, 2, 3, 4, 5],
  8: [0, 1, 2, 3, 6, 7, 8, 9],
  10: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
};
export type ViewCount = 6 | 8 | 10;

export function cameraOf({ around, above }: Viewpoint): Camera {
  const [a, e] = [(around * Math.PI) / 180, (above * Math.PI) / 180];
  const [ca, sa, ce, se] = [Math.cos(a), Math.sin(a), Math.cos(e), Math.sin(e)];
  return { right: [-sa, ca, 0], up: [-se * ca, -se * sa, ce], toward: [ce * ca, ce * sa, se] };
}

/** f32 [points, 3] → the same along a camera's axes. */
export function seenFrom(positions: Float32Array, { right, up, toward }: Camera): Float32Array {
  const seen = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = [positions[i]!, positions[i + 1]!, positions[i + 2]!];
    seen[i] = right[0] * x + right[1] * y + right[2] * z;
    seen[i + 1] = up[0] * x + up[1] * y + up[2] * z;
    seen[i + 2] = toward[0] * x + toward[1] * y + toward[2] * z;
  }
  return seen;
}
