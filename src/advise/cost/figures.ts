import type { Origin } from "../candidate.js";

/** One figure that a company's cost is made of. Money is in the company's currency. */
export interface FigureSpec {
  /** What it is, with its unit. */
  readonly words: string;
  readonly least: number;
  readonly most: number;
  /** Taken where the file doesn't give it; absent: it has to be given, or is looked up (accuracy and time of a model). */
  readonly assumed?: number;
  readonly required?: true;
}

const MONEY = { least: 0, most: 1e9 } as const;
const SHARE = { least: 0, most: 1 } as const;

/** Every figure, in the order of the tables. docs/cost.md explains each. */
export const FIGURES = {
  pictures_per_month: { words: "pictures a month", least: 1, most: 1e12, required: true },
  machine_per_hour: { words: "price of an hour of machine", ...MONEY, required: true },
  labeller_per_minute: { words: "price of a labeller's minute", ...MONEY, required: true },
  labels_per_picture: { words: "labels a picture", least: 0.01, most: 1000, required: true },
  value_of_right: { words: "value of a right label", ...MONEY, required: true },
  cost_of_wrong: { words: "cost of a wrong label", ...MONEY, required: true },
  classes: { words: "classes", least: 2, most: 1e6, required: true },
  changes_per_year: { words: "changes of the classes a year", least: 0, most: 10_000, required: true },
  accuracy: { words: "right labels of zero-shot, share", ...SHARE },
  ms_per_picture: { words: "ms a picture of zero-shot", least: 0.001, most: 1e7 },
  seconds_per_label: { words: "seconds a label by hand", least: 0.1, most: 3600, assumed: 5 },
  labeller_accuracy: { words: "right labels by hand, share", ...SHARE, assumed: 0.95 },
  machine_busy_share: {
    words: "share of paid machine time that computes",
    least: 0.01,
    most: 1,
    assumed: 0.7,
  },
  engineer_per_hour: { words: "price of an engineer's hour", ...MONEY, assumed: 60 },
  setup_hours: { words: "engineer's hours to set zero-shot up", least: 0, most: 1e6, assumed: 8 },
  hours_per_change: {
    words: "engineer's hours a change, zero-shot",
    least: 0,
    most: 1e5,
    assumed: 1,
  },
  own_accuracy: { words: "right labels of an own classifier, share", ...SHARE, assumed: 0.9 },
  own_ms_per_picture: { words: "ms a picture of an own classifier", least: 0.001, most: 1e7 },
  own_labels_per_class: {
    words: "labelled pictures a class to train with",
    least: 1,
    most: 1e6,
    assumed: 200,
  },
  own_setup_hours: {
    words: "engineer's hours to set an own classifier up",
    least: 0,
    most: 1e6,
    assumed: 80,
  },
  own_hours_per_change: {
    words: "engineer's hours a change, own classifier",
    least: 0,
    most: 1e5,
    assumed: 8,
  },
  own_training_hours: { words: "machine's hours a training", least: 0, most: 1e5, assumed: 4 },
  classes_per_change: { words: "classes that a change touches", least: 0, most: 1e6, assumed: 2 },
  months: { words: "months that setting up is spread over", least: 1, most: 120, assumed: 12 },
} as const satisfies Readonly<Record<string, FigureSpec>>;

export type FigureName = keyof typeof FIGURES;

export const FIGURE_NAMES = Object.keys(FIGURES) as readonly FigureName[];

export const specOf = (name: FigureName): FigureSpec => FIGURES[name];

/** Numbers alone, for the formulas. */
export type Figures = Readonly<Record<FigureName, number>>;

/** Where a company's figure comes from. All but `given` and `measured` are assumptions. */
export type FigureOrigin = "given" | "assumed" | "assumed in the file" | Origin;

export interface CompanyFigure {
  readonly value: number;
  readonly origin: FigureOrigin;
}

/** True where nobody who knows has said or measured it. */
export function isAssumption({ origin }: CompanyFigure): boolean {
  return origin !== "given" && origin !== "measured";
}

/** A company's file, read. */
export interface Company {
  readonly name: string;
  readonly currency: string;
  /** Whose time and accuracy are taken where the file doesn't give them. */
  readonly model: string;
  readonly figures: Readonly<Partial<Record<FigureName, CompanyFigure>>>;
}

/** All figures there are. */
export type WholeFigures = Readonly<Record<FigureName, CompanyFigure>>;

/** What a model gives for the figures that a file leaves open. */
export interface ModelFigures {
  readonly accuracy: CompanyFigure;
  readonly msPerPicture: CompanyFigure;
}

/** True where the file leaves open what a model has to tell. */
export function needsModel({ figures }: Company): boolean {
  return figures.accuracy === undefined || figures.ms_per_picture === undefined;
}

/** A company's figures, completed: a model's, then the assumptions of the table. */
export function completed({ figures }: Company, model: ModelFigures | undefined): WholeFigures {
  const fallback = (name: FigureName): CompanyFigure => {
    if (name === "accuracy" && model) return model.accuracy;
    if (name === "ms_per_picture" && model) return model.msPerPicture;
    if (name === "own_ms_per_picture") {
      const { value } = figures.ms_per_picture ?? model?.msPerPicture ?? { value: Number.NaN };
      return { value, origin: "assumed" };
    }
    return { value: specOf(name).assumed ?? Number.NaN, origin: "assumed" };
  };
  const entries = FIGURE_NAMES.map((name) => [name, figures[name] ?? fallback(name)] as const);
  return Object.fromEntries(entries) as WholeFigures;
}

/** The numbers alone. */
export function numbersOf(figures: WholeFigures): Figures {
  return Object.fromEntries(FIGURE_NAMES.map((name) => [name, figures[name].value])) as Figures;
}
