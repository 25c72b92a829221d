import type { z } from "zod";
import { ClipError, type ErrorCode } from "../../errors.js";
import { expectation } from "./wrong.js";

/** A value from outside → what the schema makes of it. Raises `usage.request` (or `code`), which says where and what was expected. */
export function parse<T extends z.ZodType>(
  schema: T,
  value: unknown,
  what = "the request",
  code: ErrorCode = "usage.request",
): z.output<T> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issue = deepest(parsed.error.issues[0]!);
  // Of a list in a setting it is enough to say which setting.
  const steps = code === "usage.request" ? issue.path : issue.path.filter((step) => typeof step !== "number");
  const path = steps.map(String).join(".").slice(0, 200);
  const where = path === "" ? what : `${path} of ${what}`;
  const page = code === "usage.request" ? "/docs" : "docs/server.md";
  const words = expectation(issue);
  const told = words === undefined ? `as ${page} describes it but: ${issue.message}` : `${words} (${page})`;
  throw new ClipError(code, `Expected ${where} ${told}.`);
}

type Issue = z.core.$ZodIssue;

/** Of a choice between forms, what is wrong with the form that came nearest. */
function deepest(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const tried = issue.errors.flatMap(([first]) => (first ? [deepest(first)] : []));
  const [best] = tried.sort((a, b) => b.path.length - a.path.length);
  return best && best.path.length > 0 ? { ...best, path: [...issue.path, ...best.path] } : issue;
}
