import type { HeldOutMembers, MeasuredCascade } from "../../evaluate/members.js";
import { DEFAULT_DROP } from "../../zeroshot/cascade.js";
import { counted, fixed, signed } from "../numbers.js";
import { table } from "../table.js";

const right = { align: "right" } as const;

function percent(share: number): string {
  return fixed(100 * share, 2);
}

/** Each model alone and all together, on pictures that were held out. */
export function showMembers(
  names: readonly string[],
  measured: HeldOutMembers,
  seconds: readonly (number | null)[],
  figures: readonly string[],
  column: string,
): string {
  const { images, repeats, alone, together, gain, interval } = measured;
  const columns = [
    { title: `${counted(images, "picture")} held out, mean of ${repeats} ways to halve` },
    { title: "top-1 %", ...right },
    { title: "ms a picture", ...right },
    { title: column, ...right },
  ];
  const rows = names.map((name, m) => {
    const time = seconds[m] ?? null;
    return [name, percent(alone[m]!), time === null ? "cached" : (1000 * time).toFixed(1), figures[m] ?? ""];
  });
  return [
    table(columns, [...rows, ["together", percent(together), "", ""]]),
    "",
    `together less the best alone: ${signed(100 * gain, 2)} points (95 % range ${signed(100 * interval.low, 2)} to ${signed(100 * interval.high, 2)})`,
  ].join("\n");
}

/** What a cascade saves, of held-out pictures, and what the one that is kept may lose. */
export function showSaved({ seen, saved, expected }: MeasuredCascade, names: readonly string[]): string {
  const last = names.at(-1);
  return [
    `pictures that each saw: ${sharesOf(seen, names)}`,
    `time saved against ${last}: ${savedWords(saved)}`,
    "",
    `kept, fitted on all: ${percent(expected.drop)} points lost, at most ${percent(expected.bound)} with confidence ${expected.confidence};`,
    `${sharesOf(expected.seen, names)}; time saved: ${savedWords(expected.saved)}`,
  ].join("\n");
}

/** Where vectors came from the cache of pictures no time was measured. */
function savedWords(saved: number | null): string {
  return saved === null ? "not measured (cached)" : `${fixed(100 * saved, 1)} %`;
}

function sharesOf(seen: readonly number[], names: readonly string[]): string {
  return names.map((name, m) => `${name} ${(100 * seen[m]!).toFixed(0)} %`).join(", ");
}

/** What is said of a cascade that takes more time than its last model alone. */
export function idleCascade(
  { fitted, expected, images }: MeasuredCascade,
  names: readonly string[],
  points = 100 * DEFAULT_DROP,
): string | undefined {
  // Where no time was measured: if the last model sees every picture, nothing is saved for certain.
  const saves = expected.saved === null ? expected.seen.at(-1)! < 1 : expected.saved > 0;
  if (saves) return undefined;
  const { needed, confidence } = fitted;
  const more = needed === undefined ? "" : `about ${needed} pictures like these, or `;
  return `With ${counted(images, "picture")} no threshold that keeps the loss within ${points} points with confidence ${confidence} saves time against ${names.at(-1)}: expected ${more}a larger --drop or a smaller --confidence (0.5: on these pictures alone).`;
}
