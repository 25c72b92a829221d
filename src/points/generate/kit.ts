/** A piece of surface: corners and triangles of them, z up. */
export interface Part {
  readonly corners: readonly Corner[];
  readonly faces: readonly (readonly [number, number, number])[];
}

export type Corner = readonly [number, number, number];

/** Sides of what is round. */
const ROUND = 24;

/** Rings of equally many corners, one after another, joined and closed at both ends. */
export function loft(rings: readonly (readonly Corner[])[], closed = true): Part {
  const n = rings[0]!.length;
  const faces: [number, number, number][] = [];
  for (let r = 0; r + 1 < rings.length; r++) {
    for (let k = 0; k < n; k++) {
      const [a, b] = [r * n + k, r * n + ((k + 1) % n)];
      faces.push([a, b, a + n], [b, b + n, a + n]);
    }
  }
  const last = (rings.length - 1) * n;
  if (closed) for (let k = 1; k + 1 < n; k++) faces.push([0, k + 1, k], [last, last + k, last + k + 1]);
  return { corners: rings.flat(), faces };
}

/** A box by its middle and its sizes along x, y and z. */
export function box(at: Corner, [sx, sy, sz]: Corner): Part {
  const ring = (z: number): Corner[] =>
    [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ].map(([x, y]) => [at[0] + (x! * sx) / 2, at[1] + (y! * sy) / 2, z]);
  return loft([ring(at[2] - sz / 2), ring(at[2] + sz / 2)]);
}

/** Radii at heights, turned around the z axis. */
export function revolved(
  profile: readonly (readonly [radius: number, z: number])[],
  at: Corner = [0, 0, 0],
): Part {
  return loft(
    profile.map(([radius, z]) => ring(ROUND, (c, s) => [at[0] + radius * c, at[1] + radius * s, at[2] + z])),
    false,
  );
}

/** Corners around a circle, by its cosine and sine. */
export function ring(count: number, at: (cosine: number, sine: number) => Corner): Corner[] {
  return Array.from({ length: count }, (_, k) => {
    const angle = (2 * Math.PI * k) / count;
    return at(Math.cos(angle), Math.sin(angle));
  });
}

function less(a: Corner, b: Corner): Corner {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function cross(a: Corner, b: Corner): Corner {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function ofLength([x, y, z]: Corner, length: number): Corner {
  const own = Math.hypot(x, y, z) || 1;
  return [(x * length) / own, (y * length) / own, (z * length) / own];
}

/** A round bar along a path, of one radius or one for each of its corners. */
export function bar(path: readonly Corner[], radius: number | readonly number[], sides = 8): Part {
  return loft(
    path.map((at, i) => {
      const along = less(path[Math.min(i + 1, path.length - 1)]!, path[Math.max(i - 1, 0)]!);
      const other: Corner = Math.abs(along[2]) > 0.9 * Math.hypot(...along) ? [1, 0, 0] : [0, 0, 1];
      const own = typeof radius === "number" ? radius : radius[i]!;
      const u = ofLength(cross(along, other), own);
      const v = ofLength(cross(along, u), own);
      return ring(sides, (c, s) => [
        at[0] + c * u[0] + s * v[0],
        at[1] + c * u[1] + s * v[1],
        at[2] + c * u[2] + s * v[2],
      ]);
    }),
  );
}

/** A ring-shaped bar around an axis. */
export function torus(at: Corner, axis: "x" | "y" | "z", radius: number, thick: number): Part {
  const path = ring(ROUND, (c, s): Corner => {
    const [u, v] = [radius * c, radius * s];
    return axis === "x"
      ? [at[0], at[1] + u, at[2] + v]
      : axis === "y"
        ? [at[0] + u, at[1], at[2] + v]
        : [at[0] + u, at[1] + v, at[2]];
  });
  return bar([...path, path[0]!], thick);
}

/** A disc with a thickness, standing across an axis: wheels. */
export function wheel(at: Corner, radius: number, width: number): Part {
  return bar(
    [
      [at[0], at[1] - width / 2, at[2]],
      [at[0], at[1] + width / 2, at[2]],
    ],
    radius,
    ROUND,
  );
}

/** A part with each corner changed. */
export function changed({ corners, faces }: Part, change: (corner: Corner) => Corner): Part {
  return { corners: corners.map(change), faces };
}

/** Turned around a line along z through a point, degrees. */
export function turned(part: Part, degrees: number, [ax, ay]: readonly [number, number] = [0, 0]): Part {
  const angle = (degrees * Math.PI) / 180;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return changed(part, ([x, y, z]) => [
    ax + c * (x - ax) - s * (y - ay),
    ay + s * (x - ax) + c * (y - ay),
    z,
  ]);
}

/** The same on the other side of y = 0. */
export function mirrored(part: Part): Part {
  return changed(part, ([x, y, z]) => [x, -y, z]);
}

/** Numbers that a shape's proportions come from. */
export interface Chance {
  /** Evenly between two numbers. */
  between(least: number, most: number): number;
  /** True for this share of shapes. */
  is(share: number): boolean;
  /** A whole number, both ends included. */
  whole(least: number, most: number): number;
}

export function chanceOf(random: () => number): Chance {
  return {
    between: (least, most) => least + (most - least) * random(),
    is: (share) => random() < share,
    whole: (least, most) => least + Math.floor(random() * (most - least + 1)),
  };
}
