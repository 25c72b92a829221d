import { bar, box, type Chance, type Corner, changed, loft, type Part, revolved, ring } from "./kit.js";

export function lamp({ between, is }: Chance): Part[] {
  const tall = is(0.5);
  const height = tall ? between(1.2, 1.6) : between(0.4, 0.6);
  const [foot, shade, top] = [between(0.1, 0.16), between(0.15, 0.26), between(0.07, 0.16)];
  const deep = between(0.2, 0.32);
  const stem = tall ? 0.015 : between(0.015, 0.06);
  return [
    revolved([
      [0, 0],
      [foot, 0],
      [foot, 0.025],
      [stem, 0.05],
      [stem * (tall ? 1 : 1.5), height * 0.4],
      [0.012, height * 0.8],
      [0.012, height],
    ]),
    revolved([
      [shade, height - deep * 0.4],
      [Math.min(shade, top), height + deep * 0.6],
      [Math.min(shade, top) * 0.98, height + deep * 0.6],
      [shade * 0.98, height - deep * 0.4],
    ]),
  ];
}

export function ladder({ between, is, whole }: Chance): Part[] {
  const [height, width, rungs] = [between(1.8, 3), between(0.4, 0.5), whole(6, 10)];
  const lean = between(0.15, 0.3);
  const side = (sign: number): Part[] => {
    const at = (share: number, y: number): Corner => [
      sign * lean * height * (1 - share) * 0.5,
      y,
      share * height,
    ];
    const rails = [-1, 1].map((y) => bar([at(0, (y * width) / 2), at(1, (y * width * 0.85) / 2)], 0.03, 6));
    const steps = Array.from({ length: rungs }, (_, i) => {
      const share = (i + 0.7) / (rungs + 0.4);
      return bar([at(share, -width / 2), at(share, width / 2)], 0.02, 6);
    });
    return [...rails, ...steps];
  };
  return is(0.4) ? [...side(1), ...side(-1)] : side(1);
}

export function umbrella({ between, whole }: Chance): Part[] {
  const [radius, deep, length] = [between(0.45, 0.6), between(0.16, 0.3), between(0.75, 0.95)];
  const ribs = whole(6, 8);
  const levels = 6;
  // Between ribs the cloth hangs in.
  const canopy = loft(
    Array.from({ length: levels + 1 }, (_, i) => {
      const share = i / levels;
      return ring(4 * ribs, (c, s) => {
        const between = (1 - Math.cos(ribs * Math.atan2(s, c))) / 2;
        const out = radius * Math.sin((Math.PI / 2) * share) * (1 - 0.07 * between * share);
        return [out * c, out * s, length - deep * (1 - Math.cos((Math.PI / 2) * share))];
      });
    }),
    false,
  );
  const bend = between(0.03, 0.05);
  const hook = Array.from({ length: 9 }, (_, i): Corner => {
    const angle = (Math.PI * i) / 8;
    return [bend - bend * Math.cos(angle), 0, -bend * Math.sin(angle)];
  });
  return [canopy, bar([[0, 0, length + 0.06], ...hook], 0.009)];
}

export function laptop({ between }: Chance): Part[] {
  const [width, depth, thick] = [between(0.3, 0.38), between(0.2, 0.26), between(0.014, 0.022)];
  const open = (between(95, 125) * Math.PI) / 180;
  const [c, s] = [Math.cos(open), Math.sin(open)];
  const lid = changed(box([0, -depth / 2, 0], [width, depth, thick * 0.5]), ([x, y, z]) => [
    x,
    depth / 2 + y * c - z * s,
    thick / 2 - y * s + z * c,
  ]);
  const parts = [
    box([0, 0, 0], [width, depth, thick]),
    lid,
    box([0, -depth * 0.28, thick / 2 + 0.001], [width * 0.28, depth * 0.26, 0.002]),
  ];
  for (let row = 0; row < 4; row++)
    for (let k = 0; k < 11; k++)
      parts.push(
        box(
          [width * (k / 11 - 0.455), depth * (0.02 + row * 0.1), thick / 2 + 0.003],
          [width / 14, depth * 0.07, 0.005],
        ),
      );
  return parts.map((part) => changed(part, ([x, y, z]) => [x, -y, z]));
}

export function guitar({ between, is }: Chance): Part[] {
  const [long, upper, lower, waist] = [
    between(0.45, 0.52),
    between(0.26, 0.3),
    between(0.36, 0.42),
    between(0.21, 0.25),
  ];
  const deep = is(0.6) ? between(0.08, 0.11) : between(0.035, 0.05);
  const widthAt = (share: number): number => {
    const knots: [number, number][] = [
      [0, 0.04],
      [0.08, lower * 0.7],
      [0.3, lower],
      [0.6, waist],
      [0.82, upper],
      [0.96, upper * 0.6],
      [1, 0.06],
    ];
    const k = knots.findIndex(([at]) => at >= share);
    if (k <= 0) return knots[0]![1];
    const [[a0, w0], [a1, w1]] = [knots[k - 1]!, knots[k]!];
    const bend = (1 - Math.cos((Math.PI * (share - a0)) / (a1 - a0))) / 2;
    return w0 + (w1 - w0) * bend;
  };
  const body = loft(
    Array.from({ length: 21 }, (_, i): Corner[] => {
      const wide = widthAt(i / 20) / 2;
      const z = (long * i) / 20;
      return [
        [-wide, -deep / 2, z],
        [wide, -deep / 2, z],
        [wide, deep / 2, z],
        [-wide, deep / 2, z],
      ];
    }),
  );
  const neck = between(0.38, 0.46);
  const head = between(0.13, 0.17);
  const parts = [
    body,
    box([0, -deep / 2, long + neck / 2 - 0.06], [0.052, 0.025, neck + 0.12]),
    box([0, -deep / 2 + 0.01, long + neck + head / 2], [0.085, 0.018, head]),
    box([0, -deep / 2 - 0.006, long * 0.25], [0.16, 0.012, 0.03]),
    changed(
      revolved([
        [0, 0],
        [0.045, 0],
        [0.045, 0.004],
        [0, 0.004],
      ]),
      ([x, y, z]) => [x, -deep / 2 - z, long * 0.58 + y],
    ),
  ];
  for (const x of [-1, 1])
    for (let k = 0; k < 3; k++) {
      const z = long + neck + head * (0.25 + 0.28 * k);
      parts.push(
        bar(
          [
            [x * 0.035, -deep / 2, z],
            [x * 0.075, -deep / 2, z],
          ],
          0.007,
        ),
      );
    }
  return parts;
}
