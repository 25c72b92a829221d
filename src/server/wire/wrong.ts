import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** What was expected → "to be … but received …". Values are shown where they are short; `undefined` for what zod says best by itself. */
export function expectation(issue: Issue): string | undefined {
  const { input } = issue;
  switch (issue.code) {
    case "too_big":
      return bounded("at most", issue.maximum, issue.origin, input);
    case "too_small":
      return bounded("at least", issue.minimum, issue.origin, input);
    case "invalid_type": {
      const known = Object.hasOwn(KINDS, issue.expected) ? KINDS[issue.expected] : issue.expected;
      return `to be ${known} but ${received(input)}`;
    }
    case "invalid_value":
      return `to be one of ${issue.values.map(String).join(", ")} but ${received(input)}`;
    case "invalid_format":
    case "custom": {
      const told = /^Expected (.+)$/.exec(issue.message)?.[1];
      return told === undefined ? undefined : `to be ${told} but ${received(input)}`;
    }
    case "unrecognized_keys":
      return `without ${issue.keys.map((key) => shown(key)).join(", ")}, which is none of its fields`;
    default:
      return undefined;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
};

/** What is counted of a value, by the kind that zod calls it. */
const COUNTED: Readonly<Record<string, string>> = { string: "character", array: "item" };

function bounded(which: string, bound: number | bigint, origin: string, input: unknown): string {
  const unit = Object.hasOwn(COUNTED, origin) ? COUNTED[origin] : undefined;
  if (unit === undefined) return `to be ${which} ${bound} but ${received(input)}`;
  const length = (input as { length?: number } | undefined)?.length;
  return `to have ${which} ${bound} ${unit}${Number(bound) === 1 ? "" : "s"} but it has ${length ?? "others"}`;
}

function received(input: unknown): string {
  return input === undefined ? "there is none" : `received ${shown(input)}`;
}

/** A value in few signs; of what is longer its kind. */
function shown(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "string") return value.length <= 60 ? JSON.stringify(value) : "a longer string";
  return Array.isArray(value) ? "a list" : "an object";
}
