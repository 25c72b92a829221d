import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeCheckpoint } from "../quantize/checkpoint.js";

/** What each example prints, in part. A new example without a row here fails. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  "batch-with-errors.mjs":
    /cat\.jpg: cat\n.*broken\.jpg: image\.format: .*\n.*coffee\.jpg: cup of coffee\nnot-there\.jpg: input\.file: /,
  "classify.mjs": /^ *\d+\.\d % {2}0\.\d{3} {2}cat\n/,
  "compare-texts-and-pictures.mjs": /cat\.jpg: "a cat .*coffee\.jpg: "a cup .*rocket\.jpg: "a rocket /s,
  "load-optimal.mjs": /^starter, batch \d+, views center: .*\nnot RN50: is not on this machine.*\ncat\n$/s,
  "quantize.mjs":
    /seeded\.safetensors@int8: its weights are [23]\d % of fp32\n.*worst [01]\.\d{4}\n.*\n.*seeded\.safetensors(?:@int8)?: \w+\n$/,
  "sort-folder.mjs": /^cat: 1\ncup of coffee: 1\nrocket: \d\n/,
  "stream-a-folder.mjs": /cat\.jpg: cat\n.*coffee\.jpg: cup of coffee\n.*rocket\.jpg: rocket/,
};

let home = "";
/** What an example is given: the starter takes half a minute to quantise, and sorted pictures belong into a scratch folder. */
const ARGUMENTS: Record<string, readonly string[]> = {};
/** Runs until it is ended: service.test.ts. */
const SERVICE = "service.mjs";
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "zeroclip-examples-"));
  const checkpoint = join(home, "seeded.safetensors");
  await writeCheckpoint(checkpoint);
  ARGUMENTS["quantize.mjs"] = [checkpoint];
  ARGUMENTS["sort-folder.mjs"] = ["test/fixtures/pictures", join(home, "sorted")];
});
afterAll(() => rmSync(home, { recursive: true }));

it.each(readdirSync("examples").filter((name) => name.endsWith(".mjs") && name !== SERVICE))(
  "examples/%s runs",
  async (name) => {
    const env = { ...process.env, ZEROCLIP_HOME: home, ZEROCLIP_OFFLINE: "1" };
    const given = ARGUMENTS[name] ?? [];
    const { stdout } = await promisify(execFile)(process.execPath, [`examples/${name}`, ...given], { env });
    expect(stdout).toMatch(EXPECTED[name]!);
  },
);
