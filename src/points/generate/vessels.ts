import { bar, type Chance, type Corner, type Part, revolved, turned } from "./kit.js";

type Profile = [number, number][];

/** A wall with an inner side: out and up, then down again inside. */
function walled(outer: Profile, thick: number): Part {
  const floor = outer[0]![1] + thick;
  const inner = outer
    .slice(1)
    .map(([radius, z]): [number, number] => [Math.max(0, radius - thick), z])
    .filter(([, z]) => z > floor)
    .reverse();
  return revolved([[0, outer[0]![1]], ...outer, ...inner, [inner.at(-1)![0], floor], [0, floor]]);
}

/** A handle in the plane y = 0, from one height to another. */
function handle(from: number, low: number, high: number, out: number, thick: number): Part {
  const steps = 10;
  const path = Array.from({ length: steps + 1 }, (_, i): Corner => {
    const angle = Math.PI * (i / steps - 0.5);
    return [from + out * Math.cos(angle), 0, (low + high) / 2 + ((high - low) / 2) * Math.sin(angle)];
  });
  return bar(path, thick);
}

export function mug({ between }: Chance): Part[] {
  const [radius, height] = [between(0.035, 0.045), between(0.08, 0.11)];
  const wider = between(0.95, 1.12);
  const outer: Profile = [
    [radius, 0],
    [(radius * (1 + wider)) / 2, height / 2],
    [radius * wider, height],
  ];
  const grip = handle(
    radius * 0.97,
    height * between(0.15, 0.25),
    height * between(0.75, 0.88),
    between(0.02, 0.032),
    between(0.004, 0.006),
  );
  return [walled(outer, 0.004), turned(grip, between(0, 360))];
}

export function bottle({ between, is }: Chance): Part[] {
  const [radius, height] = [between(0.03, 0.045), between(0.2, 0.3)];
  const shoulder = height * between(0.5, 0.68);
  const neck = radius * between(0.28, 0.42);
  const top = height * between(0.92, 0.96);
  const profile: Profile = [
    [0, 0],
    [radius, 0],
    [radius, shoulder],
  ];
  for (let i = 1; i <= 6; i++) {
    const share = i / 6;
    const bend = (1 + Math.cos(Math.PI * share)) / 2;
    profile.push([neck + (radius - neck) * bend, shoulder + (top - shoulder) * 0.55 * share]);
  }
  profile.push([neck, top]);
  const lip = neck * (is(0.6) ? 1.3 : 1.1);
  profile.push([lip, top], [lip, height], [0, height]);
  return [revolved(profile)];
}

export function bowl({ between, is }: Chance): Part[] {
  const [radius, height] = [between(0.08, 0.14), between(0.05, 0.08)];
  const outer: Profile = [];
  const foot = radius * between(0.3, 0.5);
  const power = between(1.6, 2.6);
  for (let i = 0; i <= 8; i++)
    outer.push([foot + (radius - foot) * (i / 8) ** (1 / power), height * (i / 8)]);
  const parts = [walled(outer, 0.004)];
  if (is(0.5))
    parts.push(
      revolved([
        [foot * 0.9, -0.01],
        [foot, -0.01],
        [foot, 0.004],
      ]),
    );
  return parts;
}

export function vase({ between }: Chance): Part[] {
  const height = between(0.2, 0.4);
  const [foot, belly, neck, lip] = [
    between(0.04, 0.06),
    between(0.07, 0.12),
    between(0.025, 0.045),
    between(0.04, 0.07),
  ];
  const widest = between(0.3, 0.55);
  const knots: Profile = [
    [foot, 0],
    [belly, widest],
    [neck, between(0.78, 0.88)],
    [lip, 1],
  ];
  const outer: Profile = [];
  for (let k = 0; k + 1 < knots.length; k++) {
    const [[r0, z0], [r1, z1]] = [knots[k]!, knots[k + 1]!];
    for (let i = 0; i < 6; i++) {
      const bend = (1 - Math.cos((Math.PI * i) / 6)) / 2;
      outer.push([r0 + (r1 - r0) * bend, height * (z0 + ((z1 - z0) * i) / 6)]);
    }
  }
  outer.push([lip, height]);
  return [walled(outer, 0.004)];
}

export function wineGlass({ between }: Chance): Part[] {
  const [foot, stem, cup] = [between(0.03, 0.038), between(0.07, 0.11), between(0.08, 0.11)];
  const radius = between(0.03, 0.045);
  const rim = radius * between(0.75, 1);
  const outside: Profile = [];
  for (let i = 0; i <= 8; i++) {
    const share = i / 8;
    const round = Math.sqrt(Math.max(0, 1 - (1 - Math.min(1, share * 2)) ** 2));
    outside.push([
      share < 0.5 ? radius * round : radius + (rim - radius) * (share - 0.5) * 2,
      0.004 + stem + cup * share,
    ]);
  }
  const inside = outside.slice(1).map(([r, z]): [number, number] => [r * 0.95, z]);
  return [
    revolved([
      [0, 0],
      [foot, 0],
      [foot * 0.9, 0.003],
      [0.005, 0.01],
      [0.004, stem * 0.6],
      [0.005, stem],
      ...outside,
      ...inside.reverse(),
    ]),
  ];
}
