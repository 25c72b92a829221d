import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { imageOptions } from "../../src/image/options.js";
import { asJpeg, shrunk, thumbnail } from "../../src/image/recode.js";

const options = imageOptions();
const CAT = "test/fixtures/pictures/cat.jpg";

describe("shrunk", () => {
  it("makes the shorter side so many pixels and keeps the shape; a small picture stays", async () => {
    const { width, height } = await sharp(CAT).metadata();
    const small = await shrunk(CAT, 40, options);
    expect(Math.min(small.width, small.height)).toBe(40);
    expect(Math.max(small.width, small.height)).toBe(
      Math.round((40 * Math.max(width, height)) / Math.min(width, height)),
    );
    expect(small.data).toHaveLength(small.width * small.height * 3);
    expect(await shrunk(CAT, 4096, options)).toMatchObject({ width, height });
  });

  it("takes pixels, and lays transparent ones on white", async () => {
    const data = new Uint8Array(4 * 4 * 4);
    const white = await shrunk({ data, width: 4, height: 4, channels: 4 }, 2, options);
    expect(white).toEqual({ data: new Uint8Array(12).fill(255), width: 2, height: 2, channels: 3 });
  });
});

describe("asJpeg", () => {
  it("is smaller and further from the picture the lower the quality", async () => {
    const [fine, poor] = [await asJpeg(CAT, 90, options), await asJpeg(CAT, 10, options)];
    expect(poor.length).toBeLessThan(fine.length / 2);
    const { width, height } = await sharp(CAT).metadata();
    expect(await sharp(poor).metadata()).toMatchObject({ format: "jpeg", width, height });
  });
});

describe("thumbnail", () => {
  it("is a square JPEG", async () => {
    expect(await sharp(await thumbnail(CAT, 50, options)).metadata()).toMatchObject({
      format: "jpeg",
      width: 50,
      height: 50,
    });
  });

  it("raises what is wrong with the picture", async () => {
    await expect(thumbnail(new Uint8Array([1, 2, 3]), 50, options)).rejects.toMatchObject({
      code: "image.format",
    });
  });
});
