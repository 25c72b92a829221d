import {
  bar,
  box,
  type Chance,
  type Corner,
  changed,
  loft,
  mirrored,
  type Part,
  ring,
  torus,
  wheel,
} from "./kit.js";

/** A body along x: widths and heights of ellipses at places. */
function hull(stations: readonly (readonly [x: number, width: number, height: number, z: number])[]): Part {
  return loft(
    stations.map(([x, width, height, z]) => ring(20, (c, s) => [x, (width * c) / 2, z + (height * s) / 2])),
  );
}

/** A flat wing from a root to a tip: places of the front edge, lengths along x, and how thick. */
function wing(root: Corner, tip: Corner, rootChord: number, tipChord: number, thick: number): Part {
  const edge = ([x, y, z]: Corner, chord: number, t: number): Corner[] => [
    [x, y, z],
    [x + chord * 0.3, y, z + t / 2],
    [x + chord, y, z],
    [x + chord * 0.3, y, z - t / 2],
  ];
  return loft([edge(root, rootChord, thick), edge(tip, tipChord, thick / 2)]);
}

export function airplane({ between, is, whole }: Chance): Part[] {
  const [length, wide] = [between(9, 12), between(1, 1.4)];
  const [span, sweep, chord] = [
    length * between(0.4, 0.52),
    length * between(0.08, 0.22),
    length * between(0.16, 0.22),
  ];
  const low = is(0.7) ? -wide * 0.3 : wide * 0.35;
  const body = hull([
    [0, 0.05, 0.05, 0],
    [length * 0.04, wide * 0.6, wide * 0.6, 0],
    [length * 0.12, wide, wide, 0],
    [length * 0.7, wide, wide, 0],
    [length * 0.9, wide * 0.45, wide * 0.5, wide * 0.15],
    [length, 0.1, 0.15, wide * 0.25],
  ]);
  const at = length * between(0.34, 0.42);
  const main = wing(
    [at, wide * 0.3, low],
    [at + sweep, span, low + between(0, 0.6)],
    chord,
    chord * between(0.3, 0.5),
    0.22,
  );
  const tail = wing(
    [length * 0.86, 0.1, wide * 0.25],
    [length * 0.93, span * 0.36, wide * 0.3],
    chord * 0.6,
    chord * 0.3,
    0.12,
  );
  const fin = changed(
    wing(
      [length * 0.84, 0, 0],
      [length * 0.95, length * between(0.14, 0.19), 0],
      chord * 0.75,
      chord * 0.4,
      0.14,
    ),
    ([x, y, z]) => [x, z, y + wide * 0.25],
  );
  const parts = [body, main, mirrored(main), tail, mirrored(tail), fin];
  const engines = whole(0, 2);
  for (let i = 1; i <= engines; i++) {
    const y = (span * i) / (engines + 1.6);
    const x = at + (sweep * y) / span;
    const engine = bar(
      [
        [x - 0.4, y, low - 0.4],
        [x + 1, y, low - 0.4],
      ],
      0.32,
      14,
    );
    parts.push(engine, mirrored(engine));
  }
  return parts;
}

export function car({ between, is }: Chance): Part[] {
  const [length, width, radius] = [between(3.6, 4.8), between(1.6, 1.9), between(0.3, 0.36)];
  const [sill, hood, roof] = [between(0.2, 0.28), between(0.8, 1), between(1.35, 1.75)];
  const long = is(0.4);
  const tail = long ? length * 0.97 : length * between(0.78, 0.86);
  const cabin: [number, number][] = [
    [length * 0.24, hood],
    [length * between(0.36, 0.42), roof],
    [length * (long ? 0.86 : 0.66), roof],
    [tail, hood],
  ];
  const body = loft(
    [
      [0, hood * 0.62],
      [0.06, hood * 0.8],
      [length * 0.24, hood],
      [length * 0.8, hood],
      [length * 0.97, hood * 0.92],
      [length, hood * 0.6],
    ].map(([x, top]) => section(x!, width, sill, top!)),
  );
  const top = loft(cabin.map(([x, z]) => section(x, width * (z > hood ? 0.78 : 0.96), hood * 0.9, z)));
  const parts = [body, top];
  for (const x of [length * 0.18, length * 0.8])
    for (const y of [-1, 1]) parts.push(wheel([x, (y * (width - 0.16)) / 2, radius], radius, 0.22));
  if (is(0.5))
    for (const y of [-1, 1])
      parts.push(box([length * 0.33, (y * (width + 0.12)) / 2, hood + 0.05], [0.12, 0.16, 0.12]));
  return parts;
}

/** An upright rectangle across x. */
function section(x: number, width: number, low: number, high: number): Corner[] {
  return [
    [x, -width / 2, low],
    [x, width / 2, low],
    [x, width / 2, high],
    [x, -width / 2, high],
  ];
}

export function bicycle({ between, is }: Chance): Part[] {
  const [radius, apart] = [between(0.31, 0.36), between(0.98, 1.1)];
  const thick = between(0.014, 0.02);
  const hub: Corner = [apart, 0, radius];
  const crank: Corner = [apart * 0.43, 0, radius * between(0.8, 0.95)];
  const seat: Corner = [apart * 0.28, 0, radius + between(0.5, 0.62)];
  const head: Corner = [apart * 0.83, 0, radius + between(0.48, 0.58)];
  const under: Corner = [apart * 0.3, 0, seat[2] - 0.12];
  const parts = [
    torus([0, 0, radius], "y", radius - 0.02, 0.02),
    torus([apart, 0, radius], "y", radius - 0.02, 0.02),
  ];
  for (const [from, to] of [
    [[0, 0, radius], crank],
    [[0, 0, radius], under],
    [crank, under],
    [crank, head],
    [under, head],
    [head, hub],
    [under, seat],
  ] as [Corner, Corner][])
    parts.push(bar([from, to], thick));
  const handle = between(0.2, 0.28);
  parts.push(bar([head, [head[0] - 0.02, 0, head[2] + 0.1]], thick));
  const drop: Corner = [head[0] + (is(0.5) ? 0.12 : -0.1), handle, head[2] + (is(0.5) ? 0.02 : 0.12)];
  const half = bar([[head[0] - 0.02, 0, head[2] + 0.1], [head[0], handle, head[2] + 0.1], drop], 0.014);
  parts.push(half, mirrored(half), box([seat[0], 0, seat[2]], [0.26, 0.13, 0.05]));
  for (const x of [0, apart])
    for (let k = 0; k < 6; k++) {
      const angle = (Math.PI * k) / 6;
      const [u, w] = [(radius - 0.02) * Math.cos(angle), (radius - 0.02) * Math.sin(angle)];
      parts.push(
        bar(
          [
            [x - u, 0, radius - w],
            [x + u, 0, radius + w],
          ],
          0.003,
          4,
        ),
      );
    }
  parts.push(
    torus(crank, "y", 0.09, 0.01),
    bar(
      [
        [crank[0], -0.1, crank[2] - 0.16],
        [crank[0], 0.1, crank[2] + 0.16],
      ],
      0.012,
    ),
  );
  return parts;
}

export function boat({ between, is }: Chance): Part[] {
  const [length, width, deep] = [between(4, 7), between(1.4, 2.2), between(0.6, 1)];
  const across = (x: number, wide: number, low: number): Corner[] =>
    Array.from({ length: 9 }, (_, i): Corner => {
      const angle = Math.PI * (i / 8);
      return [x, (wide / 2) * Math.cos(angle), deep - (deep - low) * Math.sin(angle)];
    });
  const parts = [
    loft([
      across(0, width * 0.8, 0.15),
      across(length * 0.25, width, 0),
      across(length * 0.65, width * 0.85, 0.02),
      across(length * 0.9, width * 0.35, 0.2),
      across(length, 0.05, deep * 0.6),
    ]),
  ];
  if (is(0.7)) {
    const [mast, tall] = [length * between(0.5, 0.62), length * between(0.9, 1.2)];
    parts.push(
      bar(
        [
          [mast, 0, 0.2],
          [mast, 0, deep + tall],
        ],
        0.05,
      ),
    );
    const sail = (from: number, to: number, low: number, high: number): Part => ({
      corners: [
        [from, 0, low],
        [to, 0.15, low],
        [from, 0, high],
      ],
      faces: [[0, 1, 2]],
    });
    parts.push(
      sail(mast - 0.05, mast - length * 0.48, deep + 0.3, deep + tall * 0.97),
      bar(
        [
          [mast, 0, deep + 0.3],
          [mast - length * 0.5, 0.1, deep + 0.3],
        ],
        0.03,
      ),
    );
    if (is(0.6)) parts.push(sail(mast + 0.08, mast + length * 0.36, deep + 0.15, deep + tall * 0.85));
  } else
    parts.push(
      box([length * 0.4, 0, deep + 0.3], [length * 0.3, width * 0.6, 0.6]),
      box([length * 0.2, 0, deep], [0.25, width * 0.8, 0.05]),
    );
  return parts;
}
