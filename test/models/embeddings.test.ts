import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openModel } from "../../src/models/open.js";
import type { ModelHandle } from "../../src/models/plan.js";
import { type Features, type Feed, openSession, type Session } from "../../src/runtime/session.js";
import { cosine } from "../support/cosine.js";
import { checkpointOf, readGolden } from "./golden.js";

const golden = await readGolden();
let cacheFolder = "";

beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "zeroclip-embeddings-"));
});
afterAll(() => rm(cacheFolder, { recursive: true }));

/** 1 − cosine, in f64. */
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => 1 - cosine(a, b);

function rows({ data, dims }: Features): Float32Array[] {
  return Array.from({ length: dims[0]! }, (_, i) => data.subarray(i * dims[1]!, (i + 1) * dims[1]!));
}

/** Every row close to the reference's in direction and in each value. */
function expectFeatures(got: Features, expected: readonly (readonly number[])[]): void {
  expect(got.dims).toEqual([expected.length, expected[0]!.length]);
  const largest = Math.max(...expected.flat().map(Math.abs));
  rows(got).forEach((row, i) => {
    expect(distance(row, expected[i]!)).toBeLessThan(1e-9);
    const worst = Math.max(...row.map((value, j) => Math.abs(value - expected[i]![j]!)));
    expect(worst / largest).toBeLessThan(2e-5);
  });
}

test("the goldens tell pictures and texts apart, for both architectures", () => {
  for (const { text } of golden.cases) expect(distance(text[0]!, text[1]!)).toBeGreaterThan(1e-3);
  const varied = golden.cases.filter((item) => item.varied).map((item) => item.path);
  expect(varied).toContain("tiny-vit.openai.pt");
  expect(varied).toContain("../models/tiny-rn-calibrated.safetensors");
});

describe.each(golden.cases.map((item) => [`${item.path} ${item.label ?? ""} as ${item.by}`, item] as const))(
  "%s",
  (_, item) => {
    let model: ModelHandle;
    let image: Session;
    let text: Session;
    const pixels = Buffer.from(golden.pixels[item.size]!, "base64");
    const stride = item.size * item.size * 3;

    beforeAll(async () => {
      const { activation } = item;
      model = await openModel(await checkpointOf(item, cacheFolder), {
        cacheFolder,
        rules: "openai",
        activation,
      });
      image = await openSession(join(model.folder, model.manifest.image.file), { threads: 1 });
      text = await openSession(join(model.folder, model.manifest.text.file), { threads: 1 });
    });
    afterAll(async () => {
      await image[Symbol.asyncDispose]();
      await text[Symbol.asyncDispose]();
    });

    const encodeImages = (from: number, to: number): Promise<Features> => {
      const data = pixels.subarray(from * stride, to * stride);
      const dims = [to - from, item.size, item.size, 3];
      return image.run(
        { [model.manifest.image.input]: { type: "uint8", data, dims } },
        model.manifest.image.output,
      );
    };
    const encodeTexts = (ids: readonly (readonly number[])[]): Promise<Features> => {
      const { idsInput, prefixInput, output } = model.manifest.text;
      const feed = (rows: readonly (readonly number[])[]): Feed => ({
        type: "int32",
        data: Int32Array.from(rows.flat()),
        dims: [rows.length, rows[0]!.length],
      });
      // What all begin with is given apart, unless some begin otherwise.
      const shared = ids.every(([first]) => first === ids[0]![0]) ? 1 : 0;
      const rest = feed(ids.map((row) => row.slice(shared)));
      return text.run({ [idsInput]: rest, [prefixInput!]: feed([ids[0]!.slice(0, shared)]) }, output);
    };

    test("pictures have the reference's features", async () => {
      expectFeatures(await encodeImages(0, item.image.length), item.image);
    });

    test("texts have the reference's features", async () => {
      expectFeatures(await encodeTexts(item.ids), item.text);
    });

    test("a batch is its parts", async () => {
      const together = rows(await encodeImages(0, item.image.length));
      for (const [i, row] of together.entries()) {
        expect(distance(row, (await encodeImages(i, i + 1)).data)).toBeLessThan(1e-9);
      }
      const texts = rows(await encodeTexts(item.ids));
      for (const [i, row] of texts.entries()) {
        expect(distance(row, (await encodeTexts([item.ids[i]!])).data)).toBeLessThan(1e-9);
      }
    });

    test("texts cut after their last token have the features of padded ones", async () => {
      const last = Math.max(...item.ids[0]!);
      for (const [i, ids] of item.ids.entries()) {
        const cut = ids.slice(0, ids.indexOf(last) + 1);
        expect(distance((await encodeTexts([cut])).data, item.text[i]!)).toBeLessThan(1e-9);
      }
    });
  },
);
