import type { FeatureFigures, QuantizationRecord } from "../models/manifest.js";
import { fourDigits } from "../quantize/gate.js";
import { bytes } from "./bytes.js";
import { counted } from "./numbers.js";

type Row = readonly [title: string, words: string];

/** Both forms as they lie on disk, where a model's weights may be small already. */
export function diskRow({ model, int8 }: { readonly model: number; readonly int8: number }): Row {
  return ["on disk", `${bytes(model)} → ${bytes(int8)}`];
}

/** How a quantised model was made and what its gate measured, a line a figure. */
export function gateRows({ layers, kept, bytes: size, gate, failed = [] }: QuantizationRecord): Row[] {
  const { pictures, prompts, agreement, top1 } = gate;
  const whole = (["image", "text"] as const).filter((tower) => layers[tower] === 0);
  const names = (["image", "text"] as const).flatMap((tower) => (layers[tower] === 0 ? [] : kept[tower]));
  const keptWords = [...whole.map((tower) => `the whole ${tower} tower`), ...names];
  const share = (100 * size.int8) / size.fp32;
  return [
    [
      "int8",
      `${counted(layers.image, "weight")} of the image tower, ${layers.text} of the text tower${keptWords.length > 0 ? `; left as ${keptWords.length > 1 ? "they are" : "it is"}: ${keptWords.join(", ")}` : ""}`,
    ],
    ...(failed.length > 0 ? [["first try", `did not pass: expected ${failed.join(", and ")}`] as const] : []),
    ["weights", `${bytes(size.fp32)} as fp32 → ${bytes(size.int8)} (${share.toFixed(0)} %)`],
    ["pictures", figures(pictures)],
    ["prompts", figures(prompts)],
    [
      "agreement",
      `${percent(agreement.share)} of ${agreement.pictures} pictures get the same of ${agreement.labels} labels`,
    ],
    ...(top1
      ? [
          [
            "top-1",
            `${percent(top1.fp32)} → ${percent(top1.int8)} of ${top1.pictures} labelled pictures`,
          ] as const,
        ]
      : []),
  ];
}

function figures({ count, mean, worst, centredMean, centredWorst }: FeatureFigures): string {
  const [m, w, cm, cw] = [mean, worst, centredMean, centredWorst].map(fourDigits);
  return `cosine to fp32 of ${count}: mean ${m}, worst ${w}; centred: mean ${cm}, worst ${cw}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
