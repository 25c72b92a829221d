import { readFileSync } from "node:fs";

/** A block of code of a page. */
export interface Block {
  readonly page: string;
  /** Line of the page that its code begins in, from 1. */
  readonly line: number;
  /** What stands behind the three backticks: sh, ts, js, yaml, … */
  readonly language: string;
  readonly code: string;
  /**
   * What a comment in the line before says of it: `<!-- not run: reason -->`, or `<!-- slow: reason -->` where it runs in
   * `npm run test:docs` alone.
   */
  readonly mark?: "not run" | "slow";
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(page, "utf8");
  return [...text.matchAll(/(?:^<!-- (not run|slow): [^\n]+ -->\n)?^```(\w+)\n(.*?)^```$/gms)].map(
    (found) => {
      const [whole, mark, language, code] = found;
      const before = text.slice(0, found.index + whole.indexOf("```"));
      return {
        page,
        line: before.split("\n").length + 1,
        language: language!,
        code: code!,
        ...(mark === undefined ? {} : { mark: mark as "not run" | "slow" }),
      };
    },
  );
}

/** A block without its comments and the space at its lines' ends: what has to be equal in both languages. */
export function commands({ language, code }: Block): string {
  const comment = language === "sh" ? /(^|\s)#.*$/gm : /(^|\s)\/\/.*$/gm;
  return code.replaceAll(comment, "").replaceAll(/\s+$/gm, "");
}
