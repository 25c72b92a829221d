import type { HeldOutMembers, MeasuredCascade } from "../../evaluate/members.js";
import { table } from "../table.js";

const right = { align: "right" } as const;

function percent(share: number): string {
  return (100 * share).toFixed(2);
}

function signed(share: number): string {
  return `${share < 0 ? "" : "+"}${percent(share)}`;
}

/** Each model alone and all together, on pictures that were held out. */
export function showMembers(
  names: readonly string[],
  measured: HeldOutMembers,
  seconds: readonly number[],
  figures: readonly string[],
  column: string,
): string {
  const { images, repeats, alone, together, gain, interval } = measured;
  const columns = [
    { title: `${images} pictures held out, mean of ${repeats} ways to halve` },
    { title: "top-1 %", ...right },
    { title: "ms a picture", ...right },
    { title: column, ...right },
  ];
  const rows = names.map((name, m) => [
    name,
    percent(alone[m]!),
    (1000 * seconds[m]!).toFixed(1),
    figures[m] ?? "",
  ]);
  return [
    table(columns, [...rows, ["together", percent(together), "", ""]]),
    "",
    `together less the best alone: ${signed(gain)} points (95 % range ${signed(interval.low)} to ${signed(interval.high)})`,
  ].join("\n");
}

/** What a cascade saves. */
export function showSaved({ seen, saved }: MeasuredCascade, names: readonly string[]): string {
  const shares = names.map((name, m) => `${name} ${(100 * seen[m]!).toFixed(0)} %`).join(", ");
  return `pictures that each saw: ${shares}\ntime saved against ${names.at(-1)}: ${(100 * saved).toFixed(1)} %`;
}
