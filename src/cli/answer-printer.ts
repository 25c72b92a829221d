import { ClipError } from "../errors.js";
import type { Answer } from "../zeroshot/confidence/answer.js";
import { errorJson, jsonList, print } from "./output.js";
import { answerLines } from "./tab-lines.js";

/** Prints answers as they come: JSON items, bars for a person, tabs for a pipe. */
export interface AnswerPrinter {
  /** `facts`: what else JSON says of this one. */
  show(name: string, result: Answer | ClipError, facts?: object): void;
  end(tail: object): void;
}

/** `what`: what a JSON item calls its name; `named`: people are told the name too, where there are several. */
export async function answerPrinter(
  model: string,
  what: "image" | "shape",
  { json, named }: { readonly json: boolean; readonly named: boolean },
): Promise<AnswerPrinter> {
  if (json) {
    const list = jsonList({ model }, "results");
    return {
      show: (name, result, facts = {}) =>
        list.add(
          result instanceof ClipError
            ? { [what]: name, predictions: [], error: errorJson(result) }
            : { [what]: name, ...result, ...facts },
        ),
      end: list.end,
    };
  }
  if (!process.stdout.isTTY) {
    return {
      show: (name, result) => {
        if (!(result instanceof ClipError)) print(answerLines(name, result));
      },
      end: () => {},
    };
  }
  // Loaded for a terminal only: what measures the width of signs takes as long to load as a small model to open.
  const { answerTable, sourceNote } = await import("./prediction-table.js");
  let last: Answer | undefined;
  return {
    show: (name, result) => {
      if (result instanceof ClipError) return;
      last = result;
      print(answerTable(name, result, named));
    },
    end: () => {
      if (last !== undefined) print(sourceNote(last));
    },
  };
}
