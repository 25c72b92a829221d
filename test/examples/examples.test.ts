import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

/** What each example prints, in part. A new example without a row here fails. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  "batch-with-errors.mjs":
    /cat\.jpg: cat\n.*broken\.jpg: image\.format: .*\n.*coffee\.jpg: cup of coffee\nnot-there\.jpg: input\.file: /,
  "classify.mjs": /^ *\d+\.\d % {2}0\.\d{3} {2}cat\n/,
  "compare-texts-and-pictures.mjs": /cat\.jpg: "a cat .*coffee\.jpg: "a cup .*rocket\.jpg: "a rocket /s,
  // Which of the two forms is faster, and whether the starter's is near enough, is not this test's to say.
  "quantize.mjs":
    /^(?:starter@int8: its weights are \d+ % of fp32\n.*worst 0\.\d{4}\n.*|not near enough to starter: Expected of starter@int8 .*)\nstarter(?:@int8)?: cat\n$/,
  "stream-a-folder.mjs": /cat\.jpg: cat\n.*coffee\.jpg: cup of coffee\n.*rocket\.jpg: rocket/,
};

let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "zeroclip-examples-"));
});
afterAll(() => rmSync(home, { recursive: true }));

it.each(readdirSync("examples").filter((name) => name.endsWith(".mjs")))("examples/%s runs", async (name) => {
  const env = { ...process.env, ZEROCLIP_HOME: home, ZEROCLIP_OFFLINE: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, [`examples/${name}`], { env });
  expect(stdout).toMatch(EXPECTED[name]!);
});
