import { basename } from "node:path";
import type { Command } from "commander";
import { isAssumption, type WholeFigures } from "../../advise/cost/figures.js";
import { readTextFile } from "../../models/text-file.js";
import { EXIT, print } from "../output.js";
import { type MachineOptions, machineOptions } from "./machine.js";
import { costWords } from "./show-cost.js";

/** A file of some twenty figures, with room for notes. */
const COMPANY_FILE = { code: "advise.file", what: "a company's file", most: 1024 * 1024 } as const;

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
  const { companyCost } = await import("../../advise/cost/company.js");
  const name = basename(file);
  const text = await readTextFile(file, COMPANY_FILE);
  const { stop, ...machine } = machineOptions(signal, options);
  const { company, figures, result } = await companyCost(text, name, machine).finally(stop);
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
