import { readdirSync, readFileSync } from "node:fs";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decode } from "../../src/image/decode.js";
import { imageFormat } from "../../src/image/format.js";
import { readHeader } from "../../src/image/header.js";
import { imageOptions } from "../../src/image/options.js";
import { orientationOf, turned, unturned } from "../../src/image/orientation.js";
import { readPng } from "../../src/image/png.js";

const FOLDER = "test/golden/image";
const names = readdirSync(FOLDER).filter((name) => /\.(?:jpg|png|webp|gif)$/.test(name));
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(`${FOLDER}/${name}`));
const AS_STORED = imageOptions({ exif: "ignore", alpha: "drop", depth: "clip" });

describe("readHeader", () => {
  it.each(names)("%s: size and mode as the decoder has them", async (name) => {
    const bytes = read(name);
    const format = imageFormat(bytes, false);
    const { width, height, mode } = await decode(bytes, imageOptions({ exif: "ignore" }));
    const header = readHeader(bytes, format);
    expect({ width: header?.width, height: header?.height }).toEqual({ width, height });
    // libvips says alpha of a GIF where any of its frames has some; of the first one here none is seen through.
    expect(header?.mode).toBe(name.startsWith("animated") ? "P" : mode);
  });

  it.each(names)("%s cut anywhere says nothing, or the same", (name) => {
    const bytes = read(name);
    const format = imageFormat(bytes, false);
    const whole = readHeader(bytes, format);
    for (let length = 12; length < bytes.length; length += Math.ceil(bytes.length / 50)) {
      const found = readHeader(bytes.subarray(0, length), format);
      if (found) expect([found.width, found.height]).toEqual([whole?.width, whole?.height]);
    }
  });
});

describe("orientation", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8] as const)("%i: turned as the decoder turns it", async (value) => {
    const bytes = read(`exif-${value}.jpg`);
    const { exif } = readHeader(bytes, "jpeg")!;
    expect(orientationOf(bytes, exif!)?.value).toBe(value);
    const stored = await decode(bytes, imageOptions({ exif: "ignore" }));
    const upright = await decode(bytes, imageOptions({ exif: "apply" }));
    const channels = stored.data.length / (stored.width * stored.height);
    const found = turned(stored.data, { ...stored, channels }, value);
    expect([found.width, found.height]).toEqual([upright.width, upright.height]);
    expect(
      Buffer.from(found.data.buffer, found.data.byteOffset, found.data.byteLength).equals(
        upright.data as Uint8Array,
      ),
    ).toBe(true);
    const { autoOrient } = await sharp(unturned(bytes, exif!)).metadata();
    expect([autoOrient.width, autoOrient.height]).toEqual([stored.width, stored.height]);
  });

  it("data made to harm says nothing", () => {
    const bytes = new Uint8Array(64).fill(0xff);
    bytes.set([0x49, 0x49, 42, 0, 0xff, 0xff, 0xff, 0x7f]);
    expect(orientationOf(bytes, { from: 0, to: 64 })).toBeUndefined();
    expect(orientationOf(bytes, { from: 60, to: 64 })).toBeUndefined();
    expect(orientationOf(bytes, { from: 70, to: 64 })).toBeUndefined();
  });
});

describe("readPng", () => {
  it.each(names.filter((name) => /^(?:grey-alpha|palette-alpha|key-colour).*\.png$/.test(name)))(
    "%s: the samples that sharp gives",
    async (name) => {
      const found = await readPng(read(name), imageOptions());
      const { data } = await sharp(read(name), { ignoreIcc: true })
        .ensureAlpha()
        .toColourspace("srgb")
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect(Buffer.from(found.data as Uint8Array).equals(data)).toBe(true);
    },
  );

  it.each([
    ["interlaced", { progressive: true }],
    ["packed without filters", { adaptiveFiltering: false }],
    ["with adaptive filters", { adaptiveFiltering: true }],
  ])("%s RGBA of odd sizes", async (_, options) => {
    for (const [width, height] of [
      [1, 1],
      [3, 5],
      [9, 2],
      [33, 17],
    ] as const) {
      const raw = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i * 2_654_435_761) >>> 24);
      const png = await sharp(raw, { raw: { width, height, channels: 4 } })
        .png(options)
        .toBuffer();
      const found = await readPng(new Uint8Array(png), AS_STORED);
      expect({ width, height, same: Buffer.from(found.data as Uint8Array).equals(raw) }).toEqual({
        width,
        height,
        same: true,
      });
    }
  });

  it("16-bit grey keeps its values", async () => {
    const raw = Uint16Array.from({ length: 35 }, (_, i) => i * 1871);
    const png = await sharp(raw, { raw: { width: 7, height: 5, channels: 1 } })
      .toColourspace("grey16")
      .png()
      .toBuffer();
    const found = await readPng(new Uint8Array(png), AS_STORED);
    expect({ mode: found.mode, data: [...found.data] }).toEqual({ mode: "I;16", data: [...raw] });
  });

  it("data that ends early, and a filter that there is not, are told", async () => {
    const png = read("palette-alpha-odd.png");
    const cut = png.slice();
    // The first IDAT says that it is empty: what follows is no part of it.
    const at = Buffer.from(cut).indexOf("IDAT");
    new DataView(cut.buffer).setUint32(at - 4, 2);
    await expect(readPng(cut, AS_STORED)).rejects.toThrowError(
      expect.objectContaining({ code: expect.stringMatching(/^image\.(truncated|decode)$/) }),
    );
  });
});
