import { basename } from "node:path";
import type { Command } from "commander";
import { bestBatch } from "../../advise/choose.js";
import {
  type Company,
  completed,
  isAssumption,
  type ModelFigures,
  needsModel,
  numbersOf,
  type WholeFigures,
} from "../../advise/cost/figures.js";
import { ClipError } from "../../errors.js";
import { readTextFile } from "../../models/text-file.js";
import { EXIT, print } from "../output.js";
import { type MachineOptions, machineOptions } from "./machine.js";
import { costWords } from "./show-cost.js";

/** A file of some twenty figures, with room for notes. */
const COMPANY_FILE = { code: "advise.file", what: "a company's file", most: 1024 * 1024 } as const;

/** Accuracy and time of the model that a file names, as this machine has it. */
async function modelFigures(
  { model, figures }: Company,
  file: string,
  signal: AbortSignal,
  options: MachineOptions,
): Promise<ModelFigures> {
  const { survey } = await import("../../advise/advise.js");
  const { stop, ...machine } = machineOptions(signal, options);
  const { candidates } = await survey(machine).finally(stop);
  const wanted = model.toLowerCase();
  const found = candidates.find((one) => one.model.toLowerCase() === wanted);
  const at = found && bestBatch(found.batches);
  const missing = figures.accuracy ? undefined : found?.accuracy ? undefined : "accuracy";
  const lacking = missing ?? (figures.ms_per_picture || at ? undefined : "ms_per_picture");
  if (lacking !== undefined)
    throw new ClipError(
      "advise.file",
      `Expected the field ${lacking} in ${file}, since it is not known of the model "${model}" on this machine.`,
    );
  return {
    accuracy: found?.accuracy ?? { value: Number.NaN, origin: "assumed" },
    msPerPicture: at?.ms ?? { value: Number.NaN, origin: "assumed" },
  };
}

function figuresJson(figures: WholeFigures): object {
  return Object.fromEntries(
    Object.entries(figures).map(([name, figure]) => [name, { ...figure, assumption: isAssumption(figure) }]),
  );
}

/** `zeroclip advise cost FILE`. */
export async function costOfFile(
  signal: AbortSignal,
  file: string,
  _: MachineOptions,
  command: Command,
): Promise<number> {
  const options = command.optsWithGlobals<MachineOptions>();
  const [{ parseCompany }, { costOf }] = await Promise.all([
    import("../../advise/cost/read.js"),
    import("../../advise/cost/formulas.js"),
  ]);
  const name = basename(file);
  const company = await parseCompany(await readTextFile(file, COMPANY_FILE), name);
  const model = needsModel(company) ? await modelFigures(company, name, signal, options) : undefined;
  const figures = completed(company, model);
  const result = costOf(numbersOf(figures));
  if (options.json) {
    const { name: who, currency, model: which } = company;
    print(
      JSON.stringify(
        {
          company: who,
          currency,
          model: which,
          ...result,
          figures: figuresJson(figures),
          formulas: "docs/cost.md",
        },
        null,
        2,
      ),
    );
  } else print(costWords(company, figures, result, name));
  return EXIT.done;
}
