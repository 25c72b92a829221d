import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resize } from "../../src/image/resize.js";
import { resizeNearest } from "../../src/image/resize-nearest.js";
import { resize16 } from "../../src/image/resize16.js";
import type { FilterName, Window } from "../../src/image/taps.js";

type Row = [number, number, number, number, FilterName | "nearest", number, 8 | 16, string];

const { provenance, rows } = JSON.parse(
  readFileSync(new URL("../golden/image/resizes.json", import.meta.url), "utf8"),
) as { provenance: { seed: number }; rows: Row[] };

/** The noise of tools/goldens/images.py. */
function noise(count: number, seed: number): Uint8Array {
  let x = seed;
  return Uint8Array.from({ length: count }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return x >>> 24;
  });
}

const bytes = noise(80_000, provenance.seed);
const whole = (width: number, height: number): Window => ({
  width,
  height,
  left: 0,
  top: 0,
  cropWidth: width,
  cropHeight: height,
});

function resized([width, height, , , filter, channels, depth]: Row, window: Window): Uint8Array {
  const size = { width, height, channels };
  const data = bytes.slice(0, (width * height * channels * depth) / 8);
  if (depth === 16) {
    const words = new Uint16Array(data.buffer);
    return new Uint8Array(resize16({ ...size, data: words }, window, filter as FilterName).buffer);
  }
  if (filter === "nearest") return resizeNearest({ ...size, data }, window);
  return resize({ ...size, data }, window, filter);
}

const digest = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

describe("resizing noise", () => {
  it("has rows for all filters and depths, and more than 400 of them", () => {
    expect(rows.length).toBeGreaterThan(400);
    expect(new Set(rows.map((row) => `${row[4]} ${row[6]}`)).size).toBe(7);
  });

  it("gives what Pillow gives, bit for bit, for every row", () => {
    const wrong = rows.filter((row) => digest(resized(row, whole(row[2], row[3]))) !== row[7]);
    expect(wrong).toEqual([]);
  });

  it("gives the same bytes for a window as for the whole picture cut afterwards", () => {
    for (const row of rows) {
      const [, , width, height, , channels, depth] = row;
      const all = resized(row, whole(width, height));
      const pixel = (channels * depth) / 8;
      const left = width >> 2;
      const top = height >> 2;
      const cropWidth = Math.max(1, width >> 1);
      const cropHeight = Math.max(1, height >> 1);
      const cut = resized(row, { width, height, left, top, cropWidth, cropHeight });
      const lines = Array.from({ length: cropHeight }, (_, y) => {
        const from = ((top + y) * width + left) * pixel;
        return all.subarray(from, from + cropWidth * pixel);
      });
      expect(Buffer.compare(cut, Buffer.concat(lines)), JSON.stringify(row.slice(0, 7))).toBe(0);
    }
  });
});
