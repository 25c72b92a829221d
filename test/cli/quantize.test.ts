import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeCheckpoint } from "../quantize/checkpoint.js";
import { PICTURES, STACK, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
beforeAll(() => writeCheckpoint(join(place.folder, "seeded.safetensors")));

const run = (...args: string[]) => place.run(args, { env: { ZEROCLIP_OFFLINE: "1" } });
/** Seeded weights give most pictures nearly the same feature, so that what is chosen says nothing. */
const LENIENT = ["--min-agreement", "0"];
const CAT = join(PICTURES, "cat.jpg");

describe("quantize", () => {
  it("before it, @int8 is an error that says what to do", async () => {
    const { code, stdout, stderr } = await run(
      "classify",
      CAT,
      "--labels",
      "a,b",
      "-m",
      "seeded.safetensors@int8",
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /run "zeroclip quantize seeded\.safetensors --to int8"\. \(model\.not-quantized\)/,
    );
  });

  it("under the gate nothing is written, the figure and the dearest layers are named", async () => {
    const { code, stderr } = await run("quantize", "seeded.safetensors", "--min-cosine", "1", "--keep", "0");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: Expected of seeded\.safetensors@int8 a worst cosine of 1 .* but received 0\.\d{4}/,
    );
    expect(stderr).toMatch(/the layers that cost most are .*--keep auto .*\(quantize\.gate\)$/m);
    expect(stderr).not.toMatch(STACK);
    const there = readdirSync(join(place.folder, "home", "compiled"));
    expect(there.filter((name) => !name.endsWith(".json"))).toHaveLength(1);
  });

  it("says what it costs; the form is listed, told of, evaluated beside the model, and removed", async () => {
    const made = await run("quantize", "seeded.safetensors", "--to", "int8", ...LENIENT);
    expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: "" });
    expect(made.stdout).toMatch(/^model +seeded\.safetensors@int8\nint8 +\d+ weights of the image tower/);
    expect(made.stdout).toMatch(/\nweights +\d+ MB as fp32 → [\d.]+ MB \(\d+ %\)\n/);
    expect(made.stdout).toMatch(
      /\npictures +cosine to fp32 of \d+: mean [01]\.\d{4}, worst [01]\.\d{4}; centred/,
    );

    const list = JSON.parse((await run("models", "list", "--json")).stdout) as {
      otherCompiled: { name: string }[];
    };
    expect(list.otherCompiled.map(({ name }) => name)).toEqual([
      "seeded.safetensors",
      "seeded.safetensors@int8",
    ]);
    const info = await run("models", "info", "seeded.safetensors@int8");
    expect(info.stdout).toMatch(/\nprecision +int8\n/);
    expect(info.stdout).toMatch(/\nagreement +[\d.]+ % of \d+ pictures get the same of \d+ labels/);

    for (const name of ["cat", "rocket"]) {
      mkdirSync(join(place.folder, "classes", name), { recursive: true });
      copyFileSync(join(PICTURES, `${name}.jpg`), join(place.folder, "classes", name, "1.jpg"));
    }
    const evaluated = await run(
      "eval",
      "classes",
      "-m",
      "seeded.safetensors,seeded.safetensors@int8",
      "--json",
    );
    expect(evaluated.code).toBe(0);
    const { models } = JSON.parse(evaluated.stdout) as { models: { model: string; images: number }[] };
    expect(models).toMatchObject([
      { model: "seeded.safetensors", images: 2 },
      { model: "seeded.safetensors@int8", images: 2 },
    ]);

    const removed = await run("models", "rm", "seeded.safetensors@int8");
    expect(removed.stdout).toMatch(/^seeded\.safetensors@int8 +[\d.]+ MB freed$/m);
    const left = await run("models", "list");
    expect(left.stdout).toMatch(/seeded\.safetensors /);
    expect(left.stdout).not.toMatch(/@int8/);
    expect(existsSync(join(place.folder, "seeded.safetensors"))).toBe(true);
  });

  it("prints the whole record as JSON, with warnings of pictures that can't be read", async () => {
    mkdirSync(join(place.folder, "photos"), { recursive: true });
    copyFileSync(CAT, join(place.folder, "photos", "cat.jpg"));
    writeFileSync(join(place.folder, "photos", "broken.jpg"), "no picture");
    const { code, stdout, stderr } = await run(
      ...["quantize", "seeded.safetensors", ...LENIENT, "--calibration", "photos", "--json"],
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: photos\/broken\.jpg is left out: /);
    const { name, revision, quantization, warnings } = JSON.parse(stdout);
    expect(name).toBe("seeded.safetensors@int8");
    expect(revision).toMatch(/^[0-9a-f]{64}$/);
    expect(quantization.gate.pictures.count).toBeGreaterThanOrEqual(32);
    expect(warnings).toEqual([{ code: "quantize.picture", message: expect.stringContaining("broken.jpg") }]);
  });

  it.each([
    [["quantize"], 2, /missing required argument 'model'/],
    [["quantize", "starter", "--to", "int4"], 2, /Allowed choices are int8/],
    [["quantize", "starter", "--min-cosine", "2"], 2, /Expected a number from -1 to 1/],
    [["quantize", "starter", "--keep", "x"], 2, /Expected a whole number/],
    [["quantize", "starter@int8"], 1, /computes with 8 bits already\. \(quantize\.already\)/],
    [["quantize", "seeded.safetensors", "--calibration", "nothing/"], 2, /\(input\.none\)/],
    [["quantize", "no-such-model"], 2, /\(model\.unknown\)/],
  ] as const)("%j ends with %i", async (args, code, words) => {
    const outcome = await run(...args);
    expect(outcome.code).toBe(code);
    expect(outcome.stdout).toBe("");
    expect(outcome.stderr).toMatch(words);
    expect(outcome.stderr).not.toMatch(STACK);
  });
});
