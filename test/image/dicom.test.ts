import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ClipError } from "../../src/errors.js";
import { decode } from "../../src/image/decode.js";
import { imageOptions } from "../../src/image/options.js";

const folder = "test/golden/dicom";
const read = (name: string): Buffer => readFileSync(join(folder, `${name}.dcm`));
const { pictures } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
  readonly pictures: Readonly<Record<string, { readonly mode: string; readonly data: readonly number[] }>>;
};

/** How far a level may be from pydicom's: it rounds halves to even. */
const OFF = 1;

describe("DICOM", () => {
  it.each(Object.keys(pictures))("%s: pixels as pydicom gives them", async (title) => {
    const [name, asked] = title.split(", window ");
    const [center, width] = (asked ?? "").split(",").map(Number);
    const options = imageOptions(asked === undefined ? {} : { window: { center: center!, width: width! } });
    const found = await decode(read(name!), options);
    const { mode, data } = pictures[title]!;
    expect({ width: found.width, height: found.height, mode: found.mode }).toEqual({
      width: 16,
      height: 12,
      mode,
    });
    expect(found.data).toHaveLength(data.length);
    const worst = data.reduce((most, x, i) => Math.max(most, Math.abs(x - found.data[i]!)), 0);
    expect(worst).toBeLessThanOrEqual(OFF);
  });

  it.each([
    ["jpeg-2000", /uncompressed or baseline JPEG but they are JPEG 2000 lossless; a DICOM tool can convert/],
    ["rle", /but they are RLE;/],
    ["deflated", /but they are deflated;/],
    [
      "32-bit",
      /grey pixels of 8 or 16 bit, or RGB of 8, in a DICOM file but received MONOCHROME2 of 1 × 32 bit/,
    ],
    ["no-pixels", /Expected pixels in a DICOM file but it has none/],
  ])("%s: one clear sentence", async (name, words) => {
    await expect(decode(read(name), imageOptions())).rejects.toMatchObject({
      code: "image.dicom",
      message: expect.stringMatching(words),
    });
  });

  it("cut or changed anywhere it is a picture or one sentence, which tells nothing of the patient", async () => {
    for (const name of ["explicit-16", "jpeg", "rgb-planes", "implicit-16"]) {
      const whole = read(name);
      for (let length = 132; length < whole.length; length += 7) {
        const changed = Buffer.from(whole);
        changed[length] = changed[length]! ^ 0xff;
        for (const bytes of [whole.subarray(0, length), changed]) {
          const found = await decode(bytes, imageOptions()).catch((error: unknown) => error);
          if (!(found instanceof Error)) continue;
          expect(found).toBeInstanceOf(ClipError);
          const told = `${found.message} ${JSON.stringify(found.cause ?? null)}`;
          expect(told).not.toMatch(/secret|person/i);
        }
      }
    }
  });

  it("more pixels than allowed are refused before they are read", async () => {
    await expect(decode(read("rgb"), imageOptions({ maxPixels: 100 }))).rejects.toMatchObject({
      code: "image.too-large",
    });
  });

  it.each([{ center: Number.NaN, width: 10 }, { center: 1, width: 0 }, "wide"])(
    "a window of %j is refused",
    (window) => {
      expect(() => imageOptions({ window: window as never })).toThrow(
        /Expected window to be auto or a finite/,
      );
    },
  );
});
