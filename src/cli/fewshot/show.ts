import type { Adapter } from "../../fewshot/adapter.js";
import type { Curve } from "../../fewshot/curve.js";
import { countsOf, hasHeldOut } from "../../fewshot/shots.js";
import { table } from "../table.js";

const right = { align: "right" } as const;
const percent = (share: number): string => (100 * share).toFixed(2);

/** What is said of an adapter in JSON: all but its numbers. */
export function adapterFacts(adapter: Adapter): object {
  const { head, features, truth: _, unlabelled, ...facts } = adapter;
  const counts = countsOf(adapter);
  return {
    ...facts,
    labels: facts.labels.map((label, i) => ({ label, pictures: counts[i] })),
    pictures: features.length,
    ...(unlabelled ? { unlabelled: unlabelled.length } : {}),
    head: head.kind,
  };
}

/** The same for people. */
export function showAdapter(adapter: Adapter): string {
  const counts = countsOf(adapter);
  const without = counts.filter((count) => count === 0).length;
  const settings = Object.entries(adapter.settings).map(([name, value]) => `${name} ${value}`);
  const facts: readonly (readonly [string, string])[] = [
    ["model", `${adapter.model.name} (${adapter.model.precision})`],
    [
      "labels",
      `${counts.length}${without > 0 ? `, ${without} of them known by ${without === 1 ? "its" : "their"} words alone` : ""}`,
    ],
    ["pictures", picturesWords(adapter, counts)],
    ["method", [adapter.method, ...settings].join(", ")],
    ...(adapter.shift > 0
      ? [["shift", `${adapter.shift.toFixed(2)} from the logits of labels with pictures`] as const]
      : []),
  ];
  const rows = adapter.heldOut.map(({ method, accuracy, loss }) => [
    method,
    percent(accuracy),
    loss.toFixed(3),
  ]);
  const known = facts.map(([title, words]) => `${title.padEnd(9)} ${words}`).join("\n");
  if (!hasHeldOut(adapter))
    return `${known}\n\nNothing could be held out, so no method was measured: ${adapter.features.length > 0 ? "no label has two pictures" : "no picture has a label"}.`;
  const tried = table(
    [{ title: "on held-out pictures" }, { title: "top-1 %", ...right }, { title: "NLL", ...right }],
    rows,
  );
  return `${known}\n\n${tried}`;
}

function picturesWords({ features, unlabelled = [] }: Adapter, counts: readonly number[]): string {
  const some = counts.filter((count) => count > 0);
  const [least, most] = [Math.min(...some), Math.max(...some)];
  const labelled = `${features.length}, ${least === most ? least : `${least} to ${most}`} a label`;
  const without = `${unlabelled.length} without a label`;
  if (features.length === 0) return without;
  return unlabelled.length > 0 ? `${labelled}, and ${without}` : labelled;
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
