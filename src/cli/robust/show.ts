import type { AdversarialFigures, DefenceFigures } from "../../robust/measure/adversarial.js";
import type { CorruptionFigures } from "../../robust/measure/corruptions.js";
import type { DetectionRow } from "../../robust/measure/detection.js";
import type { Rate } from "../../robust/measure/rate.js";
import type { ResolutionRow } from "../../robust/measure/resolutions.js";
import type { TypographicFigures, WritingFigures } from "../../robust/measure/typographic.js";
import { PUBLISHED_NOTE, PUBLISHED_ROBUST, PUBLISHED_SOURCE } from "../../robust/published.js";
import type { Robustness } from "../../robust/robust.js";
import { counted } from "../numbers.js";
import { table } from "../table.js";

const right = { align: "right" } as const;
const percent = (share: number): string => (100 * share).toFixed(1);
const rate = ({ share, interval }: Rate): string =>
  `${percent(share)} (${percent(interval.low)}–${percent(interval.high)})`;

/** All that was measured, a table a part. */
export function showRobustness(found: Robustness): string {
  const {
    model,
    pictures,
    labels,
    clean,
    corruptions,
    resolutions,
    typographic,
    adversarial,
    defences,
    detection,
  } = found;
  return [
    `${model}: ${counted(pictures, "picture")}, ${counted(labels, "label")}, seed ${found.seed}; top-1 ${rate(clean)} %`,
    ...(corruptions ? [showCorruptions(corruptions)] : []),
    ...(resolutions ? [showResolutions(resolutions)] : []),
    ...(typographic ? [showTypographic(typographic)] : []),
    ...(adversarial ? [showAdversarial(adversarial)] : []),
    ...(defences ? [showDefences(defences)] : []),
    ...(detection ? [showDetection(detection)] : []),
    ...(adversarial ? [showPublished()] : []),
  ].join("\n\n");
}

function showCorruptions({ rows, meanError, relativeError, cleanError }: CorruptionFigures): string {
  const body = rows.map(({ name, benchmark, errors }) => [
    benchmark ? name : `${name} *`,
    ...errors.map(percent),
    percent(errors.reduce((sum, value) => sum + value, 0) / errors.length),
  ]);
  const severities = [1, 2, 3, 4, 5].map((severity) => ({ title: String(severity), ...right }));
  return `${table([{ title: "top-1 error % by severity" }, ...severities, { title: "mean", ...right }], body)}
mean corruption error of the fifteen ${percent(meanError)} % (as they are ${percent(cleanError)} %, so ${percent(relativeError)} points more)
* not among the fifteen`;
}

function showResolutions(rows: readonly ResolutionRow[]): string {
  const body = rows.map(({ resolution, right: share }) => [String(resolution), rate(share)]);
  return table(
    [
      { title: "shorter side", ...right },
      { title: "top-1 %", ...right },
    ],
    body,
  );
}

function showTypographic({ clean, emptyCard, card, chosen }: TypographicFigures): string {
  const row = (name: string, { fooled, right: share }: WritingFigures): string[] => [
    name,
    rate(fooled),
    rate(share),
  ];
  return table(
    [
      { title: "a wrong word on the picture" },
      { title: "answered with the word %", ...right },
      { title: "top-1 %", ...right },
    ],
    [
      ["no card", "", rate(clean.plain)],
      ["no card, writing painted over", "", rate(clean.defended)],
      row("a card without a word", emptyCard),
      row("a card", card.plain),
      row("a card, writing painted over", card.defended),
      row("the best of 6 stickers", chosen.plain),
      row("the best of 6, writing painted over (known to the attacker)", chosen.defended),
    ],
  );
}

function showAdversarial({ pictures, steps, queries, clean, rows }: AdversarialFigures): string {
  const names = {
    noise: "random noise",
    fgsm: "FGSM",
    pgd: `PGD-${steps}`,
    "pgd-l2": `PGD-${steps}, L2`,
    square: `Square, ${queries} queries`,
  };
  const body = rows.map(({ attack, epsilon, right: share }) => {
    const budget = attack === "pgd-l2" ? (epsilon / 255).toFixed(2) : `${epsilon}/255`;
    return [names[attack], budget, rate(share)];
  });
  return table(
    [
      { title: `attacks on ${counted(pictures, "picture")}` },
      { title: "budget", ...right },
      { title: "top-1 %", ...right },
    ],
    [["none", "", rate(clean)], ...body],
  );
}

function showDefences({ pictures, epsilon, steps, clean, attacked, rows }: DefenceFigures): string {
  const body = rows.map(({ defence, looks, clean: own, unaware, adaptive }) => [
    `${defence}, ${looks} looks`,
    rate(own),
    rate(unaware),
    rate(adaptive),
  ]);
  const rates = table(
    [
      { title: "defences" },
      { title: "clean %", ...right },
      { title: "attack unaware %", ...right },
      { title: "attack knows it %", ...right },
    ],
    [["none", rate(clean), "", rate(attacked)], ...body],
  );
  return `${rates}\n(${counted(pictures, "picture")}, PGD-${steps} at ${epsilon}/255)`;
}

function showDetection(rows: readonly DetectionRow[]): string {
  const words = {
    outside: "of nothing among the labels",
    attacked: "attacked",
    "attacked-adaptive": "attacked, detector known",
  };
  const body = rows.map(({ strangers, by, pictures, auroc, fpr95 }) => [
    words[strangers],
    by,
    String(pictures),
    auroc.toFixed(3),
    fpr95.toFixed(3),
  ]);
  return table(
    [
      { title: "pictures to find out" },
      { title: "by" },
      { title: "pictures", ...right },
      { title: "AUROC", ...right },
      { title: "FPR95", ...right },
    ],
    body,
  );
}

function showPublished(): string {
  const body = PUBLISHED_ROBUST.map(({ method, clean, attacked }) => [
    method,
    clean.toFixed(1),
    attacked.toFixed(1),
  ]);
  const head = [
    { title: `mean of zero-shot sets, ${PUBLISHED_NOTE}` },
    { title: "clean %", ...right },
    { title: "2/255 %", ...right },
  ];
  return `${table(head, body)}\n(${PUBLISHED_SOURCE})`;
}
