import { readFileSync } from "node:fs";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { decode } from "../../src/image/decode.js";
import { exifFacts, NO_EXIF } from "../../src/image/exif.js";
import { factsOf, type PictureFacts } from "../../src/image/facts.js";
import { imageOptions } from "../../src/image/options.js";

const PHOTO = readFileSync(new URL("../fixtures/pictures/astronaut.jpg", import.meta.url));
const options = imageOptions();

async function facts(bytes: Uint8Array, asked = {}): Promise<PictureFacts> {
  return factsOf(await decode(bytes, options), options, asked);
}

/** Bits in which two hashes differ. */
function distance(a: string, b: string): number {
  return [...(BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2)].filter((bit) => bit === "1").length;
}

const EXIF = {
  IFD0: { Make: "Canon", Model: "Canon EOS R5" },
  IFD2: { DateTimeOriginal: "2024:05:01 12:30:00", OffsetTimeOriginal: "+02:00" },
  IFD3: {
    GPSLatitudeRef: "S",
    GPSLatitude: "33/1 51/1 3540/100",
    GPSLongitudeRef: "E",
    GPSLongitude: "151/1 12/1 0/1",
  },
};

describe("EXIF", () => {
  it("gives date, place and camera, from every format that carries it", async () => {
    for (const format of ["jpeg", "png", "webp", "avif"] as const) {
      const bytes = await sharp(PHOTO).resize(64, 64).withExif(EXIF).toFormat(format).toBuffer();
      const { taken, latitude, longitude, camera } = await facts(bytes);
      expect({ format, taken, camera }).toEqual({
        format,
        taken: Date.UTC(2024, 4, 1, 10, 30),
        camera: "Canon EOS R5",
      });
      expect(latitude).toBeCloseTo(-(33 + 51 / 60 + 35.4 / 3600), 6);
      expect(longitude).toBeCloseTo(151.2, 6);
    }
  });

  it("reads a date without a zone as UTC, and maker and model that share no words together", async () => {
    const bytes = await sharp(PHOTO)
      .resize(64, 64)
      .withExif({ IFD0: { Make: "NIKON", Model: "D850", DateTime: "2020:01:02 03:04:05" } })
      .jpeg()
      .toBuffer();
    expect(await facts(bytes)).toMatchObject({
      taken: Date.UTC(2020, 0, 2, 3, 4, 5),
      camera: "NIKON D850",
      latitude: null,
      longitude: null,
    });
  });

  it("is nothing where there is none, and never an error where it is damaged", async () => {
    expect(await facts(PHOTO)).toMatchObject(NO_EXIF);
    const whole = (await sharp(await sharp(PHOTO).withExif(EXIF).jpeg().toBuffer()).metadata()).exif!;
    expect(exifFacts(whole).camera).toBe("Canon EOS R5");
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed % below;
    };
    for (let i = 0; i < 3_000; i++) {
      const bytes = new Uint8Array(whole).subarray(0, random(2) ? whole.length : random(whole.length));
      for (let n = 0; n < 1 + random(8) && bytes.length > 0; n++) bytes[random(bytes.length)] = random(256);
      const { latitude, longitude, taken, camera } = exifFacts(bytes);
      for (const value of [latitude, longitude, taken])
        expect(value === null || Number.isFinite(value)).toBe(true);
      expect(Math.abs(latitude ?? 0) <= 90 && Math.abs(longitude ?? 0) <= 180).toBe(true);
      expect((camera ?? "").length).toBeLessThanOrEqual(500);
    }
  });

  it("of 50 MB harms nothing", async () => {
    const [head, rest] = [PHOTO.subarray(0, 2), PHOTO.subarray(2)];
    const segment = Buffer.alloc(65_537, 0x41);
    segment.set([0xff, 0xe1, 0xff, 0xff, ...Buffer.from("Exif\0\0MM\0*")]);
    const jpeg = Buffer.concat([head, ...Array(760).fill(segment), rest]);
    expect(jpeg.length).toBeGreaterThan(49e6);
    expect(await facts(jpeg)).toMatchObject({ ...NO_EXIF, width: 512, height: 512 });
    // A text of a WebP has no segments: one block of 50 MB.
    const webp = await sharp(PHOTO).resize(64, 64).withExif(EXIF).webp().toBuffer();
    const at = webp.indexOf("EXIF");
    const block = Buffer.alloc(8 + 50_000_000, 0x42);
    block.write("EXIF", "latin1");
    block.writeUInt32LE(50_000_000, 4);
    webp.copy(block, 8, at + 8);
    const large = Buffer.concat([webp.subarray(0, at), block]);
    large.writeUInt32LE(large.length - 8, 4);
    expect(await facts(large)).toMatchObject({ ...NO_EXIF, width: 64 });
  });
});

describe("what is seen", () => {
  it("a perceptual hash hardly differs between versions of a picture, and much between pictures", async () => {
    const own = (await facts(PHOTO)).perceptual;
    const versions = [
      sharp(PHOTO).resize(200, 200).jpeg({ quality: 60 }),
      sharp(PHOTO).resize(1_500, 1_500).png(),
      sharp(PHOTO).grayscale().webp({ quality: 50 }),
      sharp(PHOTO).modulate({ brightness: 1.15 }).jpeg(),
    ];
    for (const version of versions) {
      expect(distance(own, (await facts(await version.toBuffer())).perceptual)).toBeLessThanOrEqual(6);
    }
    for (const name of ["cat", "coffee", "rocket"]) {
      const other = readFileSync(new URL(`../fixtures/pictures/${name}.jpg`, import.meta.url));
      expect(distance(own, (await facts(other)).perceptual)).toBeGreaterThan(16);
    }
  });

  it("what is blurred is less sharp, at every size alike", async () => {
    const sharpness = async (image: Sharp): Promise<number> =>
      (await facts(await image.png().toBuffer())).sharpness;
    const [own, large] = [await sharpness(sharp(PHOTO)), await sharpness(sharp(PHOTO).resize(2_048, 2_048))];
    const blurred = await sharpness(sharp(PHOTO).blur(2));
    expect(blurred).toBeLessThan(own / 4);
    expect(large / own).toBeGreaterThan(0.6);
    expect(large / own).toBeLessThan(1.6);
  });

  it("a picture of one colour is blank, with the noise of JPEG too", async () => {
    const flat = (shade: number) =>
      sharp({
        create: { width: 300, height: 200, channels: 3, background: { r: shade, g: shade, b: shade } },
      });
    for (const shade of [0, 128, 255]) {
      const found = await facts(await flat(shade).jpeg({ quality: 30 }).toBuffer());
      expect(found).toMatchObject({ blank: true, width: 300, height: 200 });
      expect(found.sharpness).toBeLessThan(1);
    }
    expect((await facts(PHOTO)).blank).toBe(false);
    for (const [width, height] of [
      [1, 1],
      [1, 900],
      [900, 1],
      [2, 2],
    ] as const) {
      const tiny = await flat(9).resize(width, height).png().toBuffer();
      expect(await facts(tiny)).toMatchObject({ width, height, blank: true, sharpness: 0 });
    }
  });

  it("sizes are those of the picture upright, of the file and not of what was decoded", async () => {
    const wide = sharp(PHOTO).resize(400, 200).jpeg();
    const turned = await wide.withMetadata({ orientation: 6 }).toBuffer();
    expect(await facts(turned)).toMatchObject({ width: 200, height: 400 });
    const fast = imageOptions({ resize: "fast" });
    const smaller = await decode(turned, fast, () => ({ width: 50, height: 100, filter: "bicubic" }));
    expect(smaller.width).toBe(50);
    expect(await factsOf(smaller, fast, {})).toMatchObject({ width: 200, height: 400 });
  });

  it("a thumbnail is the whole picture, small, and never larger than it was", async () => {
    const wide = await sharp(PHOTO).resize(400, 200, { fit: "fill" }).png().toBuffer();
    const { thumbnail } = await facts(wide, { thumbnail: 100 });
    expect(await sharp(thumbnail!).metadata()).toMatchObject({ format: "jpeg", width: 100, height: 50 });
    const noise = Buffer.from(Array.from({ length: 256 * 256 * 3 }, (_, i) => (i * i * 31 + i * 7) % 251));
    const png = await sharp(noise, { raw: { width: 256, height: 256, channels: 3 } })
      .png()
      .toBuffer();
    const found = await facts(png, { thumbnail: 256 });
    expect(found.thumbnail!.length).toBeLessThanOrEqual(48_000);
    expect((await facts(wide)).thumbnail).toBeNull();
  });
});
