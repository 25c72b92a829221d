import { ZeroclipError } from "./api";
import type { Words } from "./words/en";

/** Something that went wrong: a code that programs know, and the server's sentence. */
export interface Said {
  readonly code: string;
  readonly message: string;
}

export function sayingOf(error: unknown): Said {
  const message = error instanceof Error ? error.message : String(error);
  return { code: error instanceof ZeroclipError ? error.code : "", message };
}

/** What happens often in the page's language; anything else as the server says it. */
export function spoken({ code, message }: Said, words: Words): string {
  const { problems } = words;
  return Object.hasOwn(problems, code) ? problems[code as keyof typeof problems] : message;
}
