import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { globSync } from "tinyglobby";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Block, blocksOf } from "./blocks.js";
import { javascript, program, typeErrors } from "./program.js";
import { runIn } from "./run.js";
import { layOut, withSmallModels } from "./scene.js";

const PROGRAMS: ReadonlySet<string> = new Set(["js", "ts"]);

/**
 * Blocks that run: all shell commands and programs of the pages, and the README's programs. The README's commands
 * (`npm ci`, `npm install`) need an empty machine and are tested there.
 */
export const BLOCKS: readonly Block[] = [
  ...globSync(["docs/*.md", "!docs/*.zh-CN.md"])
    .sort()
    .flatMap(blocksOf)
    .filter(({ language }) => language === "sh" || PROGRAMS.has(language)),
  ...blocksOf("README.md").filter(({ language }) => PROGRAMS.has(language)),
].filter(({ mark }) => mark !== "not run");

/** Those that `npm run test:slow` runs. */
export const QUICK: readonly Block[] = BLOCKS.filter(({ mark }) => mark === undefined);

const fileOf = ({ page, line }: Block): string => `${basename(page, ".md")}-${line}`;

/** What was wrong when the block ran in the scene; "" where nothing was. */
function run(folder: string, block: Block): Promise<string> {
  const code = withSmallModels(block.code);
  if (block.language === "sh") return runIn(folder, "bash", ["-euxo", "pipefail", "-c", code]);
  const file = `${fileOf(block)}.mjs`;
  writeFileSync(join(folder, file), javascript(program(code)));
  return runIn(folder, process.execPath, [file]);
}

/** A test for each block, in the pages' order, in one scratch folder; and one of the types of all programs. */
export function testBlocks(blocks: readonly Block[]): void {
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-docs-"));
  beforeAll(() => layOut(folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const named = blocks.map((block) => ({ where: `${block.page}:${block.line} (${block.language})`, block }));
  describe("blocks run", () => {
    it.each(named)("$where", { timeout: 900_000 }, async ({ block }) =>
      expect(await run(folder, block)).toBe(""),
    );
  });

  it("programs pass a strict compiler", { timeout: 120_000 }, () => {
    const files = blocks
      .filter(({ language }) => language === "ts")
      .map((block) => {
        const file = join(folder, `${fileOf(block)}.mts`);
        writeFileSync(file, program(block.code));
        return file;
      });
    expect(typeErrors(files)).toEqual([]);
  });
}
