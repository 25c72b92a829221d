import { ClipError } from "../../errors.js";
import { type AdviseOptions, survey } from "../advise.js";
import { bestBatch } from "../choose.js";
import {
  type Company,
  completed,
  type ModelFigures,
  needsModel,
  numbersOf,
  type WholeFigures,
} from "./figures.js";
import { type CostResult, costOf } from "./formulas.js";
import { parseCompany } from "./read.js";

/** A company's figures, completed, and what follows from them. */
export interface CompanyCost {
  readonly company: Company;
  /** Each with where it comes from. */
  readonly figures: WholeFigures;
  readonly result: CostResult;
}

/** Documented in `../door.ts`. */
export async function companyCost(
  text: string,
  name: string,
  machine: Omit<AdviseOptions, "budget"> = {},
): Promise<CompanyCost> {
  const company = await parseCompany(text, name);
  const model = needsModel(company) ? await modelFigures(company, name, machine) : undefined;
  const figures = completed(company, model);
  return { company, figures, result: costOf(numbersOf(figures)) };
}

/** Accuracy and time of the model that a file names, as this machine has it. */
async function modelFigures(
  { model, figures }: Company,
  file: string,
  machine: Omit<AdviseOptions, "budget">,
): Promise<ModelFigures> {
  const { candidates } = await survey(machine);
  const wanted = model.toLowerCase();
  const found = candidates.find((one) => one.model.toLowerCase() === wanted);
  const at = found && bestBatch(found.batches);
  const missing = figures.accuracy ? undefined : found?.accuracy ? undefined : "accuracy";
  const lacking = missing ?? (figures.ms_per_picture || at ? undefined : "ms_per_picture");
  if (lacking !== undefined) {
    const measures = lacking === "accuracy" ? "zeroclip eval YOUR-FOLDER" : "zeroclip bench";
    throw new ClipError(
      "advise.file",
      `Expected the field ${lacking} in ${file}, since it is not known of the model "${model}" on this machine: ${measures} --model ${model} measures it.`,
    );
  }
  return {
    accuracy: found?.accuracy ?? { value: Number.NaN, origin: "assumed" },
    msPerPicture: at?.ms ?? { value: Number.NaN, origin: "assumed" },
  };
}
