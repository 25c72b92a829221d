import {
  type Company,
  type CompanyFigure,
  FIGURE_NAMES,
  isAssumption,
  specOf,
  type WholeFigures,
} from "../../advise/cost/figures.js";
import type { BreakEven, CostResult } from "../../advise/cost/formulas.js";
import { percent } from "../../advise/words.js";
import { table, wrapped } from "../table.js";

/** Rows of the sensitivity that are shown: what moves less decides nothing. */
const MOST_ROWS = 10;

const ORIGIN_WORDS: Readonly<Record<CompanyFigure["origin"], string>> = {
  given: "given",
  measured: "measured on this machine",
  estimated: "assumption: estimated for this machine",
  published: "assumption: published for ImageNet, not measured here",
  assumed: "assumption: zeroclip's default",
  "assumed in the file": "assumption: marked so in the file",
};

/** A number with enough digits, and no more. */
function plain(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: Math.abs(value) >= 1000 ? 21 : 4 });
}

/** Money: cents where they count, more digits below a cent. */
function money(value: number, currency: string): string {
  const size = Math.abs(value);
  const digits =
    size >= 1000
      ? { maximumFractionDigits: 0 }
      : size >= 0.01 || size === 0
        ? { minimumFractionDigits: 2, maximumFractionDigits: 2 }
        : { maximumSignificantDigits: 2 };
  return `${value.toLocaleString("en-US", digits)} ${currency}`;
}

function breakEvenWords(at: BreakEven, other: string, now: number): string {
  if (at.kind === "always") return `zero-shot is worth more than ${other} at any number of pictures`;
  if (!("pictures" in at)) return `${other} is worth more than zero-shot at any number of pictures`;
  const wins = at.kind === "above" ? now > at.pictures : now < at.pictures;
  const count = plain(Math.round(at.pictures));
  return `zero-shot is worth more than ${other} ${at.kind} ${count} pictures a month (now ${plain(now)}: ${wins ? "yes" : "no"})`;
}

const right = { align: "right" } as const;

/** All that a company asked for, every assumption marked. */
export function costWords(
  company: Company,
  figures: WholeFigures,
  result: CostResult,
  where: string,
): string {
  const { currency, name, model } = company;
  const cash = (value: number): string => money(value, currency);
  const figureRows = FIGURE_NAMES.map((key) => [
    specOf(key).words,
    plain(figures[key].value),
    ORIGIN_WORDS[figures[key].origin],
  ]);
  const pictures = figures.pictures_per_month.value;
  const ways = result.ways.map(({ way, perPicture, fixed, per1000, worth, net }) => [
    way === result.best ? `→ ${way}` : `  ${way}`,
    cash(per1000),
    cash(pictures * perPicture),
    cash(fixed),
    cash(pictures * worth),
    cash(net),
  ]);
  const moving = result.sensitivity.slice(0, MOST_ROWS).filter(({ swing }) => swing > 0);
  const sensitivity = moving.map(({ figure, words, low, high, leadLow, leadHigh, turns }) => [
    `${words}${isAssumption(figures[figure]) ? " (assumption)" : ""}`,
    `${plain(low)} … ${plain(high)}`,
    cash(leadLow),
    cash(leadHigh),
    turns ? "another way becomes the best" : "",
  ]);
  const { accuracyAsByHand: needed } = result;
  const assumptions = FIGURE_NAMES.filter((key) => isAssumption(figures[key])).length;
  const least =
    needed === undefined
      ? "the accuracy decides nothing, since right and wrong labels are worth nothing"
      : needed > 1
        ? "no accuracy makes zero-shot worth as much as labelling by hand"
        : needed <= 0
          ? "zero-shot is worth more than labelling by hand at any accuracy"
          : `zero-shot is worth as much as labelling by hand from ${percent(needed)} right labels on (now ${percent(figures.accuracy.value)})`;
  return [
    wrapped(
      `${name}: ${result.pays ? `${result.best} leaves most` : `no way pays; ${result.best} loses least`}, ${cash(result.ways.find(({ way }) => way === result.best)!.net)} a month (model ${model})`,
    ),
    "",
    table(
      [
        { title: "way" },
        { title: "1,000 pictures", ...right },
        { title: "running a month", ...right },
        { title: "fixed a month", ...right },
        { title: "labels bring", ...right },
        { title: "left a month", ...right },
      ],
      ways,
    ),
    "",
    "Break-even:",
    wrapped(`  ${breakEvenWords(result.againstHand, "labelling by hand", pictures)}.`),
    wrapped(`  ${breakEvenWords(result.againstOwn, "an own classifier", pictures)}.`),
    wrapped(`  ${least}.`),
    "",
    wrapped(
      "What matters most (each figure a fifth less and more; zero-shot's lead over the better of the others, a month):",
    ),
    table(
      [
        { title: "figure" },
        { title: "from … to", ...right },
        { title: "less", ...right },
        { title: "more", ...right },
        { title: "" },
      ],
      sensitivity,
    ),
    "",
    `Figures of ${where} (${assumptions} of ${FIGURE_NAMES.length} are assumptions):`,
    table([{ title: "figure" }, { title: "value", ...right }, { title: "from" }], figureRows),
    "",
    "Formulas: docs/cost.md",
  ].join("\n");
}
