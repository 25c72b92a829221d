import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toRgb } from "../../src/image/convert.js";
import { decode } from "../../src/image/decode.js";
import { imageOptions } from "../../src/image/options.js";
import { preprocess } from "../../src/image/preprocess.js";
import type { Preprocessing } from "../../src/image/preprocessing.js";

interface Golden {
  readonly mode: string;
  readonly reference: string;
  readonly huggingface: string;
  readonly decoded: string;
  readonly upright?: string;
}

const folder = new URL("../golden/image/", import.meta.url);
const { provenance, pictures } = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8")) as {
  provenance: { size: number };
  pictures: Record<string, Golden>;
};
const rows = Object.entries(pictures);

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const reference = imageOptions({ exif: "ignore", alpha: "drop", depth: "clip" });

async function prepared(name: string, style: Preprocessing["style"], options = reference): Promise<string> {
  const picture = await decode(readFileSync(new URL(name, folder)), options);
  const { size } = provenance;
  const [square] = preprocess(picture, { size, resizeTo: size, filter: "bicubic", style }, options);
  return digest(square!);
}

describe("goldens made with Pillow, the original's transform and transformers", () => {
  it("are at least 40 sizes and modes", () => {
    expect(rows.length).toBeGreaterThan(80);
    expect(new Set(rows.map(([, { mode }]) => mode))).toEqual(
      new Set(["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"]),
    );
  });

  it.each(rows)("%s is opened in Pillow's mode and decodes to its RGB bytes", async (name, golden) => {
    const picture = await decode(readFileSync(new URL(name, folder)), reference);
    expect(picture.mode.replace("PA", "P")).toBe(golden.mode);
    expect(digest(toRgb(picture))).toBe(golden.decoded);
  });

  it.each(rows)("%s: the original's resize and crop, bit for bit", async (name, golden) => {
    expect(await prepared(name, "openai")).toBe(golden.reference);
  });

  it.each(rows)("%s: transformers' resize and crop, bit for bit", async (name, golden) => {
    const options = imageOptions({ exif: "ignore", alpha: "white", depth: "clip" });
    expect(await prepared(name, "huggingface", options)).toBe(golden.huggingface);
  });

  it.each(rows.filter(([name]) => name.startsWith("exif")))(
    "%s: turned upright by default",
    async (name, golden) => {
      expect(await prepared(name, "openai", imageOptions())).toBe(golden.upright);
    },
  );
});
