import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadClip } from "../../src/clip.js";
import { ClipError } from "../../src/errors.js";
import { openModel } from "../../src/models/open.js";
import type { ModelHandle } from "../../src/models/plan.js";
import { openSession } from "../../src/runtime/session.js";
import { cosine } from "../support/cosine.js";
import { copyCase, MODELS, type MultilingualCase } from "./multilingual-case.js";

const { cases, pixels: known } = JSON.parse(await readFile(`${MODELS}models.json`, "utf8")) as {
  readonly cases: readonly MultilingualCase[];
  readonly pixels: Readonly<Record<string, string>>;
};
const home = await mkdtemp(join(tmpdir(), "zeroclip-multilingual-"));
afterAll(() => rm(home, { recursive: true }));

beforeAll(async () => {
  for (const item of cases) await copyCase(item, join(home, item.path));
});

/** The name that a case's model is opened by: a text tower alone goes with an image tower. */
function nameOf({ path, size }: MultilingualCase): string {
  const image = new URL("../golden/checkpoint/tiny-vit.openai.pt", import.meta.url).pathname;
  return size === 0 ? `${image}+${join(home, path)}` : join(home, path);
}

test("the goldens tell texts apart", () => {
  for (const { text } of cases) expect(cosine(text[0]!, text[1]!)).toBeLessThan(0.99);
});

describe.each(cases.map((item) => [item.path, item] as const))("%s", (_, item) => {
  test("texts, cut, filled up and batched as they are, have the reference's features", async () => {
    await using clip = await loadClip(nameOf(item), { home, threads: 1 });
    const all = await clip.encodeTexts(item.texts, { onWarning: () => {} });
    const each = [];
    for (const text of item.texts) each.push((await clip.encodeTexts([text], { onWarning: () => {} }))[0]!);
    for (const [i, expected] of item.text.entries()) {
      expect(cosine(all[i]!, expected)).toBeGreaterThan(0.999999);
      expect(cosine(each[i]!, expected)).toBeGreaterThan(0.999999);
    }
  });

  test.skipIf(item.size === 0)("pictures have the reference's features", async () => {
    const handle: ModelHandle = await openModel(nameOf(item), { cacheFolder: join(home, "compiled") });
    const { image } = handle.manifest;
    expect(image.preprocessing.size).toBe(item.size);
    await using session = await openSession(join(handle.folder, image.file), { threads: 1 });
    const data = Buffer.from(known[item.size] ?? "", "base64");
    const dims = [data.length / (item.size * item.size * 3), item.size, item.size, 3];
    const { data: features } = await session.run(
      { [image.input]: { type: "uint8", data, dims } },
      image.output,
    );
    const dim = handle.manifest.dim;
    for (const [i, expected] of item.image.entries())
      expect(cosine(features.subarray(i * dim, (i + 1) * dim), expected)).toBeGreaterThan(0.999999);
  });

  test.skipIf(item.logits === undefined)("scale and bias give the reference's logits", async () => {
    const { manifest } = await openModel(nameOf(item), { cacheFolder: join(home, "compiled") });
    const { scoring, logitScale } = manifest;
    expect(scoring).toMatchObject({ kind: "sigmoid" });
    const bias = scoring?.kind === "sigmoid" ? scoring.bias : Number.NaN;
    for (const [p, row] of item.logits!.entries())
      for (const [t, expected] of row.entries())
        expect(logitScale * cosine(item.image[p]!, item.text[t]!) + bias).toBeCloseTo(expected, 3);
  });
});

test("with sigmoids a label's probability is its own, whatever stands beside it", async () => {
  await using clip = await loadClip(join(home, "siglip2-hf"), { home, threads: 1, onWarning: () => {} });
  expect(clip.model).toMatchObject({ scoring: { kind: "sigmoid", bias: -12.5 }, languages: ["mul"] });
  const pixels = Buffer.from(known[32]!, "base64").subarray(0, 32 * 32 * 3);
  const picture = await sharp(pixels, { raw: { width: 32, height: 32, channels: 3 } })
    .png()
    .toBuffer();
  const [alone] = await clip.answerAll([picture], ["кошка"]);
  const [together] = await clip.answerAll([picture], ["a cat", "кошка", "猫", "perro"], {
    uncertainty: true,
  });
  if (alone instanceof ClipError || together instanceof ClipError) throw alone;
  expect(alone).toMatchObject({ scoring: "sigmoid", calibrated: "none" });
  const same = together!.predictions.find(({ label }) => label === "кошка")!;
  expect(same.probability).toBeCloseTo(alone!.predictions[0]!.probability, 6);
  const expected = 1 / (1 + Math.exp(12.5 - clip.model.logitScale * same.similarity));
  expect(same.probability).toBeCloseTo(expected, 6);
});

test.each([
  ["starter+", "model.unknown"],
  ["+starter", "model.unknown"],
  ["tiny-vit.openai.pt@int8+m-clip-text", "usage.precision"],
  ["tiny-onnx+m-clip-text", "model.unsupported"],
  ["tiny-vit.openai.pt+tiny-onnx", "model.unsupported"],
  ["tiny-rn-open-clip.pt+m-clip-text", "checkpoint.shape"],
  ["m-clip-text", "model.unsupported"],
  ["nothing-here+m-clip-text", "model.path"],
])("%s is no pair", async (name, code) => {
  const checkpoints = new URL("../golden/checkpoint/", import.meta.url).pathname;
  const full = name
    .split("+")
    .map((part) =>
      part === "" || part === "starter" ? part : (part === "m-clip-text" ? `${home}/` : checkpoints) + part,
    )
    .join("+");
  await expect(loadClip(full, { home, offline: true, threads: 1 })).rejects.toThrow(
    expect.objectContaining({ code }),
  );
});
