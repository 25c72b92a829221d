import type { Adapter } from "../../fewshot/adapter.js";
import type { Curve } from "../../fewshot/curve.js";
import { countsOf } from "../../fewshot/shots.js";
import { table } from "../table.js";

const right = { align: "right" } as const;
const percent = (share: number): string => (100 * share).toFixed(2);

/** What is said of an adapter in JSON: all but its numbers. */
export function adapterFacts(adapter: Adapter): object {
  const { head, features, truth: _, ...facts } = adapter;
  const counts = countsOf(adapter);
  return {
    ...facts,
    labels: facts.labels.map((label, i) => ({ label, pictures: counts[i] })),
    pictures: features.length,
    head: head.kind,
  };
}

/** The same for people. */
export function showAdapter(adapter: Adapter): string {
  const counts = countsOf(adapter);
  const without = counts.filter((count) => count === 0).length;
  const [best] = adapter.heldOut;
  const settings = Object.entries(adapter.settings).map(([name, value]) => `${name} ${value}`);
  const facts: readonly (readonly [string, string])[] = [
    ["model", `${adapter.model.name} (${adapter.model.precision})`],
    ["labels", `${counts.length}${without > 0 ? `, ${without} of them known by their words alone` : ""}`],
    ["pictures", `${adapter.features.length}, ${least(counts)} to ${Math.max(...counts)} a label`],
    ["method", [best!.method, ...settings].join(", ")],
    ...(adapter.shift > 0
      ? [["shift", `${adapter.shift.toFixed(2)} from the logits of labels with pictures`] as const]
      : []),
  ];
  const rows = adapter.heldOut.map(({ method, accuracy, loss }) => [
    method,
    percent(accuracy),
    loss.toFixed(3),
  ]);
  const tried = table(
    [{ title: "on held-out pictures" }, { title: "top-1 %", ...right }, { title: "NLL", ...right }],
    rows,
  );
  return `${facts.map(([title, words]) => `${title.padEnd(9)} ${words}`).join("\n")}\n\n${tried}`;
}

function least(counts: readonly number[]): number {
  return Math.min(...counts.filter((count) => count > 0));
}

/** A curve as a table: a row a method and number of pictures. */
export function showCurve({ zeroShot, points }: Curve): string {
  const rows = points.map(({ method, shots, accuracy, interval, seconds }) => [
    method,
    String(shots),
    percent(accuracy),
    `${(100 * interval.low).toFixed(1)}–${(100 * interval.high).toFixed(1)}`,
    `${accuracy >= zeroShot ? "+" : ""}${(100 * (accuracy - zeroShot)).toFixed(2)}`,
    seconds.toFixed(1),
  ]);
  return table(
    [
      { title: "method" },
      { title: "pictures a label", ...right },
      { title: "top-1 %", ...right },
      { title: "95 % range", ...right },
      { title: "to words alone", ...right },
      { title: "s to fit", ...right },
    ],
    [["zero-shot", "0", percent(zeroShot), "", "", ""], ...rows],
  );
}
