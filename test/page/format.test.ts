import { expect, test } from "vitest";
import { bytes } from "../../web/src/format.js";

test("bytes have a plural, and the short unit from a kilobyte on", () => {
  expect([0, 1, 2, 1023].map((count) => bytes(count, "en"))).toEqual([
    "0 bytes",
    "1 byte",
    "2 bytes",
    "1,023 bytes",
  ]);
  expect(bytes(2048, "en")).toBe("2 kB");
  expect(bytes(0, "zh")).toBe("0字节");
});
