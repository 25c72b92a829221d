import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeCheckpoint } from "../quantize/checkpoint.js";
import { PICTURES, STACK, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
beforeAll(async () => {
  await writeCheckpoint(join(place.folder, "seeded.safetensors"));
  mkdirSync(join(place.folder, "nothing.d"));
  writeFileSync(join(place.folder, "broken.pt"), "no checkpoint");
});

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
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
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
    const made = await run("quantize", "seeded.safetensors", "--towers", "both", ...LENIENT);
    expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: "" });
    expect(made.stdout).toMatch(/^model +seeded\.safetensors@int8\nint8 +\d+ weights of the image tower/);
    expect(made.stdout).toMatch(/\nweights +\d+ MB as fp32 → [\d.]+ MB \(\d+ %\)\n/);
    expect(made.stdout).toMatch(/\non disk +[\d.]+ MB → [\d.]+ MB\n$/);
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
    expect(info.stdout).toMatch(/\nint8 +\d+ weights? of/);
    expect(info.stdout).toMatch(/\nprecision +int8\n/);
    expect(info.stdout).toMatch(/\non disk +[\d.]+ [KM]B\n/);
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

    // As opening does: by the content, whatever the file was called when the form was made.
    copyFileSync(join(place.folder, "seeded.safetensors"), join(place.folder, "copy.safetensors"));
    for (const name of [
      "./seeded.safetensors",
      join(place.folder, "seeded.safetensors"),
      "copy.safetensors",
    ]) {
      const verified = await run("models", "verify", `${name}@int8`);
      expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok .*\n$/), stderr: "" });
    }

    // Changed with size and time as they were: only verifying sees it, and then the form is not opened any more.
    const { folder, bytesOnDisk } = JSON.parse(
      (await run("models", "info", "copy.safetensors@int8", "--json")).stdout,
    );
    const files = ["image.onnx", "image.data", "text.onnx", "text.data"];
    expect(bytesOnDisk).toBe(files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0));
    const weights = join(folder, "image.data");
    const { atime, mtime } = statSync(weights);
    const bytes = readFileSync(weights);
    bytes[100]! ^= 1;
    writeFileSync(weights, bytes);
    utimesSync(weights, atime, mtime);
    const damaged = await run("models", "verify", "copy.safetensors@int8");
    expect(damaged).toMatchObject({ code: 1, stdout: expect.stringMatching(/^DAMAGED/) });
    expect(damaged.stderr).toMatch(/run "zeroclip quantize copy\.safetensors" again/);
    const refused = await run("classify", CAT, "--labels", "a,b", "-m", "seeded.safetensors@int8");
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/ is damaged: .*\(model\.damaged\)/),
    });

    const removed = await run("models", "rm", join(place.folder, "copy.safetensors@int8"));
    expect(removed.stdout).toMatch(/@int8 +[\d.]+ MB freed$/m);
    const gone = await run("models", "verify", "seeded.safetensors@int8");
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringMatching(/\(model\.not-quantized\)/) });
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
    const { name, revision, quantization, warnings, folder, onDisk } = JSON.parse(stdout);
    const sizes = ["image.onnx", "image.data", "text.onnx", "text.data"].map(
      (file) => statSync(join(folder, file)).size,
    );
    expect(onDisk.int8).toBe(sizes.reduce((sum, size) => sum + size));
    expect(onDisk.model).toBeGreaterThan(onDisk.int8);
    expect(name).toBe("seeded.safetensors@int8");
    expect(revision).toMatch(/^[0-9a-f]{64}$/);
    expect(quantization.gate.pictures.count).toBeGreaterThanOrEqual(32);
    expect(warnings).toEqual([{ code: "quantize.picture", message: expect.stringContaining("broken.jpg") }]);

    // A form whose record is damaged is in no list, and freed all the same.
    writeFileSync(join(folder, "entry.json"), "{");
    const verified = await run("models", "verify", "seeded.safetensors@int8");
    expect(verified).toMatchObject({ code: 1, stdout: `DAMAGED  ${folder}\n` });
    expect((await run("models", "verify")).stdout).toContain(`DAMAGED  ${folder}\n`);
    expect(await run("models", "rm", "seeded.safetensors@int8")).toMatchObject({ code: 0 });
    expect(existsSync(folder)).toBe(false);
  });

  it.each([
    [["quantize"], 2, /missing required argument 'model'/],
    [["quantize", "starter", "--to", "int4"], 2, /Allowed choices are int8/],
    [["quantize", "starter", "--min-cosine", "2"], 2, /Expected a number from -1 to 1/],
    [["quantize", "starter", "--keep", "x"], 2, /Expected a whole number/],
    [
      ["quantize", "starter@fp16"],
      2,
      /int8 form is to be made but received starter@fp16\. \(usage\.precision\)/,
    ],
    [["quantize", "starter", "--towers", ""], 2, /image, text or both but received ""\. \(usage\.towers\)/],
    [["quantize", "starter", "--max-drop", "0.1"], 2, /--max-drop .*needs --labelled/],
    [
      ["quantize", "starter", "--home", CAT],
      1,
      /Expected to write to .*compiled but can't: a part of its path is a file\./,
    ],
    [["quantize", "nothing.d"], 2, /\(checkpoint\.format\)/],
    [["classify", CAT, "-l", "a,b", "-m", "starter@int8"], 2, /\(model\.not-quantized\)/],
    [["classify", CAT, "-l", "a,b", "-m", "starter@fp16"], 2, /\(model\.unsupported\)/],
    [["eval", ".", "--precision", "int8"], 2, /\(model\.not-quantized\)/],
    [["eval", ".", "--precision", ""], 2, /fp32, fp16, int8 for --precision but received ""/],
    [["bench", "--model", "nope"], 2, /\(model\.unknown\)/],
    [["bench", "--model", ","], 2, /Expected names of models between commas for --model but received ","/],
    [["bench", "--model", "broken.pt"], 2, /\(checkpoint\.format\)/],
    [["bench", "--model", "starter@int8"], 2, /\(model\.not-quantized\)/],
    [["bench", "--json", "--markdown"], 2, /either --json or --markdown/],
    [["quantize", "starter@int8"], 2, /computes with 8 bits already\. \(quantize\.already\)/],
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
