// The formulas of docs/cost.md, in its order and with its names. Money is in the company's currency, time in months.
import { FIGURE_NAMES, type FigureName, type Figures, specOf } from "./figures.js";

/** The three ways to get labels. */
export type Way = "zero-shot" | "by hand" | "own classifier";

/** What one way costs and brings. */
export interface WayResult {
  readonly way: Way;
  /** Of one picture, whatever their number. */
  readonly perPicture: number;
  /** Of a month, whatever the number of pictures: changes, and setting up spread over the months. */
  readonly fixed: number;
  /** All costs of 1,000 pictures. */
  readonly per1000: number;
  /** What right labels bring less what wrong ones cost, of a picture. */
  readonly worth: number;
  /** What is left in a month: the worth of all pictures less all costs. */
  readonly net: number;
}

/** The number of pictures a month at which two ways are worth the same. */
export type BreakEven =
  /** The first way is worth more above (or below) this many. */
  | { readonly kind: "above" | "below"; readonly pictures: number }
  /** One of them is worth more at any number. */
  | { readonly kind: "always" | "never" };

export interface Sensitivity {
  readonly figure: FigureName;
  readonly words: string;
  /** The figure less and plus a fifth, within what it can be. */
  readonly low: number;
  readonly high: number;
  /** Zero-shot's lead over the better of the others in a month, at both. */
  readonly leadLow: number;
  readonly leadHigh: number;
  /** How far the lead moves. */
  readonly swing: number;
  /** True where another way becomes the best one. */
  readonly turns: boolean;
}

export interface CostResult {
  readonly ways: readonly WayResult[];
  /** The way that leaves most in a month. */
  readonly best: Way;
  /** False where even that leaves less than nothing. */
  readonly pays: boolean;
  /** Zero-shot against labelling by hand, and against an own classifier. */
  readonly againstHand: BreakEven;
  readonly againstOwn: BreakEven;
  /** The share of right labels at which zero-shot is worth as much as labelling by hand; may lie outside 0..1. */
  readonly accuracyAsByHand?: number;
  readonly sensitivity: readonly Sensitivity[];
}

const MS_AN_HOUR = 3_600_000;
const MONTHS_A_YEAR = 12;

/** What moves by this share shows which figure matters. */
const MOVED = 0.2;

/** What right labels bring less what wrong ones cost, of a picture. */
function worthOf({ labels_per_picture, value_of_right, cost_of_wrong }: Figures, accuracy: number): number {
  return labels_per_picture * (accuracy * value_of_right - (1 - accuracy) * cost_of_wrong);
}

/** Price of one label by hand. */
function labelPrice({ seconds_per_label, labeller_per_minute }: Figures): number {
  return (seconds_per_label / 60) * labeller_per_minute;
}

function machinePrice({ machine_per_hour, machine_busy_share }: Figures, ms: number): number {
  return ((ms / MS_AN_HOUR) * machine_per_hour) / machine_busy_share;
}

function result(way: Way, figures: Figures, accuracy: number, perPicture: number, fixed: number): WayResult {
  const { pictures_per_month: pictures } = figures;
  const worth = worthOf(figures, accuracy);
  return {
    way,
    perPicture,
    fixed,
    per1000: 1000 * (perPicture + fixed / pictures),
    worth,
    net: pictures * (worth - perPicture) - fixed,
  };
}

/** What the three ways cost and bring, in the order zero-shot, by hand, own classifier. */
export function waysOf(figures: Figures): [WayResult, WayResult, WayResult] {
  const { engineer_per_hour, machine_per_hour, months } = figures;
  const changes = figures.changes_per_year / MONTHS_A_YEAR;
  const zeroFixed =
    (figures.setup_hours * engineer_per_hour) / months +
    changes * figures.hours_per_change * engineer_per_hour;
  const training = figures.own_training_hours * machine_per_hour;
  const labelled = figures.own_labels_per_class * labelPrice(figures);
  const ownFixed =
    (figures.classes * labelled + figures.own_setup_hours * engineer_per_hour + training) / months +
    changes *
      (figures.classes_per_change * labelled + figures.own_hours_per_change * engineer_per_hour + training);
  const byHand = figures.labels_per_picture * labelPrice(figures);
  return [
    result("zero-shot", figures, figures.accuracy, machinePrice(figures, figures.ms_per_picture), zeroFixed),
    result("by hand", figures, figures.labeller_accuracy, byHand, 0),
    result(
      "own classifier",
      figures,
      figures.own_accuracy,
      machinePrice(figures, figures.own_ms_per_picture),
      ownFixed,
    ),
  ];
}

/** Where the first way is worth more than the second. */
export function breakEven(first: WayResult, second: WayResult): BreakEven {
  const gain = first.worth - first.perPicture - (second.worth - second.perPicture);
  const extra = first.fixed - second.fixed;
  if (gain > 0) return extra > 0 ? { kind: "above", pictures: extra / gain } : { kind: "always" };
  if (gain < 0) return extra < 0 ? { kind: "below", pictures: extra / gain } : { kind: "never" };
  return { kind: extra < 0 ? "always" : "never" };
}

function bestOf(ways: readonly WayResult[]): WayResult {
  return ways.reduce((best, one) => (one.net > best.net ? one : best));
}

/** Zero-shot's net of a month less that of the better of the other ways. */
function leadOf([zero, hand, own]: readonly [WayResult, WayResult, WayResult]): number {
  return zero.net - Math.max(hand.net, own.net);
}

function sensitivityOf(figures: Figures, best: Way): Sensitivity[] {
  const rows = FIGURE_NAMES.map((figure): Sensitivity => {
    const { least, most, words } = specOf(figure);
    const moved = (by: number): number => Math.min(most, Math.max(least, figures[figure] * by));
    const [low, high] = [moved(1 - MOVED), moved(1 + MOVED)];
    const [atLow, atHigh] = [waysOf({ ...figures, [figure]: low }), waysOf({ ...figures, [figure]: high })];
    const [leadLow, leadHigh] = [leadOf(atLow), leadOf(atHigh)];
    const turns = bestOf(atLow).way !== best || bestOf(atHigh).way !== best;
    return { figure, words, low, high, leadLow, leadHigh, swing: Math.abs(leadHigh - leadLow), turns };
  });
  return rows.sort((a, b) => b.swing - a.swing);
}

/** A company's figures → what each way costs and brings, where they break even, and which figure matters most. */
export function costOf(figures: Figures): CostResult {
  const ways = waysOf(figures);
  const [zero, hand, own] = ways;
  const best = bestOf(ways);
  const { labels_per_picture, value_of_right, cost_of_wrong, pictures_per_month } = figures;
  const stake = value_of_right + cost_of_wrong;
  // worth = labels · (accuracy · stake − cost of wrong), solved for the accuracy whose net is that of labelling by hand
  const needed = (hand.net + zero.fixed) / pictures_per_month + zero.perPicture;
  return {
    ways,
    best: best.way,
    pays: best.net > 0,
    againstHand: breakEven(zero, hand),
    againstOwn: breakEven(zero, own),
    ...(stake > 0 ? { accuracyAsByHand: (needed / labels_per_picture + cost_of_wrong) / stake } : {}),
    sensitivity: sensitivityOf(figures, best.way),
  };
}
