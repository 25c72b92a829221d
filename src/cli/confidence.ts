import { type Command, InvalidArgumentError, Option } from "commander";
import { ClipError } from "../errors.js";
import { ABSTAIN_SCORES, type AbstainScore } from "../zeroshot/confidence/abstain.js";
import type { AnswerOptions } from "../zeroshot/confidence/answer.js";
import { numberFrom } from "./options.js";

/** The options of a command that say how sure an answer has to be. */
export interface ConfidenceOptions {
  /** False with --no-calibration. */
  readonly calibration?: boolean;
  readonly abstain?: number | "auto";
  readonly abstainBy?: AbstainScore;
  readonly coverage?: number;
  readonly perLabel?: boolean;
  readonly uncertainty?: boolean;
  readonly independent?: boolean;
}

function bound(text: string): number | "auto" {
  const value = Number(text);
  if (text === "auto") return text;
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("Expected a number or auto.");
}

/** Adds them. */
export function withConfidence(command: Command): Command {
  return command
    .optionsGroup("Confidence:")
    .option(
      "--abstain <least>",
      "below this: none of these; auto: what 95 % of calibration pictures reach",
      bound,
    )
    .addOption(
      new Option("--abstain-by <score>", "what is compared with it (default: probability)").choices([
        ...ABSTAIN_SCORES,
      ]),
    )
    .option(
      "--coverage <share>",
      "also the set of labels that holds the true one this often",
      numberFrom(0, 1),
    )
    .option("--per-label", "with --coverage: for each label by itself")
    .option("--uncertainty", "also entropy and margin")
    .option("--independent", "any number of labels may hold, each by itself (see calibrate --independent)")
    .option("--no-calibration", "the model's own probabilities, whatever was calibrated");
}

/** What an answer is to say. Raises `usage.confidence` for an option that says nothing without another. */
export function answerOptions(options: ConfidenceOptions): Omit<AnswerOptions, "views" | "viewMode"> {
  if (options.perLabel && options.coverage === undefined)
    throw new ClipError("usage.confidence", "Expected --coverage with --per-label but received none.");
  if (options.abstainBy !== undefined && options.abstain === undefined)
    throw new ClipError("usage.confidence", "Expected --abstain with --abstain-by but received none.");
  const { abstain, abstainBy, coverage, perLabel, uncertainty, independent } = options;
  return {
    ...(abstain === undefined ? {} : { abstain }),
    ...(abstainBy === undefined ? {} : { abstainBy }),
    ...(coverage === undefined ? {} : { coverage }),
    ...(perLabel ? { perLabel } : {}),
    ...(uncertainty ? { uncertainty } : {}),
    ...(independent ? { independent } : {}),
  };
}
