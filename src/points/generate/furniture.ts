import { bar, box, type Chance, type Corner, changed, type Part, revolved, turned } from "./kit.js";

/** Legs under the corners of a plate, straight or a little apart at the floor. */
function legs({ between, is }: Chance, width: number, depth: number, height: number, thick: number): Part[] {
  const apart = is(0.4) ? between(1.05, 1.25) : 1;
  const round = is(0.5);
  return [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].map(([x, y]) => {
    const [tx, ty] = [(x! * (width - 2 * thick)) / 2, (y! * (depth - 2 * thick)) / 2];
    const path: Corner[] = [
      [tx * apart, ty * apart, 0],
      [tx, ty, height],
    ];
    return bar(path, thick / (round ? 2 : 1.5), round ? 10 : 4);
  });
}

export function chair(chance: Chance): Part[] {
  const { between, is, whole } = chance;
  const [width, depth, seat] = [between(0.38, 0.52), between(0.38, 0.5), between(0.4, 0.5)];
  const back = between(0.35, 0.6);
  const lean = between(0, 0.12);
  const thick = between(0.025, 0.05);
  const parts = [
    box([0, 0, seat], [width, depth, between(0.03, 0.07)]),
    ...legs(chance, width, depth, seat, thick),
  ];
  const behind = (part: Part): Part =>
    changed(part, ([x, y, z]) => [x, y + depth / 2 - 0.02 + (lean * (z - seat)) / back, z]);
  if (is(0.5)) parts.push(behind(box([0, 0, seat + back * 0.6], [width, 0.03, back * 0.8])));
  else {
    const slats = whole(2, 4);
    for (let i = 1; i <= slats; i++)
      parts.push(
        behind(box([0, 0, seat + (back * i) / slats], [width, 0.025, (back / slats) * between(0.3, 0.6)])),
      );
  }
  for (const x of [-1, 1])
    parts.push(
      behind(
        bar(
          [
            [(x * (width - thick)) / 2, 0, seat],
            [(x * (width - thick)) / 2, 0, seat + back],
          ],
          thick / 1.6,
        ),
      ),
    );
  if (is(0.3))
    for (const x of [-1, 1])
      parts.push(
        box([(x * width) / 2, 0, seat + 0.22], [0.04, depth, 0.03]),
        box([(x * width) / 2, -depth / 2 + 0.03, seat + 0.11], [0.03, 0.03, 0.22]),
      );
  return parts;
}

export function table(chance: Chance): Part[] {
  const { between, is } = chance;
  const height = between(0.65, 0.8);
  const [width, depth] = [between(0.9, 1.8), between(0.6, 1)];
  const thick = between(0.02, 0.06);
  if (is(0.3)) {
    const radius = between(0.45, 0.7);
    const foot = between(0.25, 0.4);
    return [
      revolved([
        [0, height],
        [radius, height],
        [radius, height + thick],
        [0, height + thick],
      ]),
      revolved([
        [0, 0],
        [foot, 0],
        [foot, 0.03],
        [0.05, 0.08],
        [0.05, height],
      ]),
    ];
  }
  return [
    box([0, 0, height], [width, depth, thick]),
    ...legs(chance, width, depth, height, between(0.04, 0.08)),
  ];
}

export function stool(chance: Chance): Part[] {
  const { between, is } = chance;
  const height = between(0.45, 0.8);
  const radius = between(0.15, 0.22);
  const seat = revolved([
    [0, height],
    [radius, height],
    [radius, height + 0.05],
    [0, height + 0.06],
  ]);
  const spread = between(1, 1.5);
  const count = is(0.4) ? 3 : 4;
  const parts = [seat];
  for (let i = 0; i < count; i++) {
    const leg = bar(
      [
        [radius * 0.75 * spread, 0, 0],
        [radius * 0.75, 0, height],
      ],
      between(0.012, 0.02),
    );
    parts.push(turned(leg, (360 * i) / count));
  }
  const rung = height * between(0.25, 0.4);
  const around = radius * 0.75 * (spread + ((1 - spread) * rung) / height);
  parts.push(
    revolved([
      [around - 0.01, rung],
      [around + 0.01, rung],
      [around + 0.01, rung + 0.02],
      [around - 0.01, rung + 0.02],
      [around - 0.01, rung],
    ]),
  );
  return parts;
}

export function bed(chance: Chance): Part[] {
  const { between, is } = chance;
  const [width, length] = [between(0.9, 1.9), between(1.9, 2.15)];
  const base = between(0.2, 0.35);
  const parts = [
    box([0, 0, base], [width, length, 0.12]),
    box([0, 0, base + 0.15], [width * 0.96, length * 0.97, between(0.16, 0.26)]),
    box([0, length / 2, base + between(0.25, 0.45)], [width * 1.02, 0.06, between(0.7, 1.1)]),
    ...legs(chance, width, length, base, 0.08),
  ];
  if (is(0.5)) parts.push(box([0, -length / 2, base + 0.15], [width * 1.02, 0.05, between(0.3, 0.55)]));
  const pillows = width > 1.3 ? [-0.25, 0.25] : [0];
  for (const x of pillows)
    parts.push(box([x * width, length / 2 - 0.3, base + 0.34], [width / (pillows.length + 0.6), 0.4, 0.13]));
  return parts;
}

export function sofa(chance: Chance): Part[] {
  const { between, whole } = chance;
  const seats = whole(2, 3);
  const [width, depth] = [seats * between(0.6, 0.75), between(0.75, 0.95)];
  const seat = between(0.35, 0.45);
  const arm = between(0.12, 0.22);
  const parts = [
    box([0, 0, seat / 2 + 0.05], [width, depth, seat - 0.1]),
    box(
      [0, depth / 2 - 0.1, seat + between(0.1, 0.2)],
      [width + 2 * arm, between(0.18, 0.26), between(0.75, 0.9)],
    ),
  ];
  for (const x of [-1, 1])
    parts.push(box([(x * (width + arm)) / 2, 0, (seat + 0.2) / 2], [arm, depth, seat + between(0.18, 0.28)]));
  for (let i = 0; i < seats; i++) {
    const x = ((i + 0.5) / seats - 0.5) * width;
    parts.push(box([x, -0.05, seat + 0.05], [width / seats - 0.02, depth * 0.8, 0.14]));
  }
  return parts;
}

export function bookshelf(chance: Chance): Part[] {
  const { between, is, whole } = chance;
  const [width, depth, height] = [between(0.6, 1.1), between(0.25, 0.35), between(1.4, 2.1)];
  const shelves = whole(4, 6);
  const parts = [-1, 1].map((x) => box([(x * width) / 2, 0, height / 2], [0.03, depth, height]));
  if (is(0.6)) parts.push(box([0, depth / 2, height / 2], [width, 0.015, height]));
  for (let i = 0; i <= shelves; i++) {
    const z = 0.05 + ((height - 0.07) * i) / shelves;
    parts.push(box([0, 0, z], [width, depth, 0.03]));
    if (i === shelves) break;
    for (let x = -width / 2 + 0.04; x < width / 2 - 0.06; ) {
      const thick = between(0.02, 0.06);
      const tall = ((height - 0.07) / shelves) * between(0.55, 0.85);
      if (is(0.8)) parts.push(box([x + thick / 2, 0, z + tall / 2], [thick * 0.9, depth * 0.75, tall]));
      x += thick;
    }
  }
  return parts;
}
