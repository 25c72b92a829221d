import type { Plan } from "../../ensemble/plan.js";
import { fixed } from "../numbers.js";

type Row = readonly [title: string, words: string];

const number = (value: number): string => fixed(value, 3);

/** How the models of an ensemble's file answer together, a line a fact. */
export function planRows(plan: Plan): Row[] {
  const { kind, models, scales, fittedFor } = plan;
  const each = models.map((name, m): Row => {
    const part =
      plan.kind === "ensemble"
        ? `weight ${number(plan.weights[m]!)}`
        : m < plan.thresholds.length
          ? `answers from probability ${number(plan.thresholds[m]!)} on`
          : "answers the rest";
    const scale = scales ? `, logit scale ${fixed(scales[m]!, 1)}` : "";
    return [`model ${m + 1}`, `${name}: ${part}${scale}`];
  });
  return [
    ["kind", plan.kind === "ensemble" ? `${kind}, by ${plan.combine}` : kind],
    ...each,
    ...(plan.kind === "ensemble" && plan.scale !== undefined ? [["scale", number(plan.scale)] as const] : []),
    ["calibrated", fittedFor ? "for the labels and prompts that it was fitted on" : "as its models are"],
  ];
}
