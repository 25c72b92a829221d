import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { sha256, sha256Bytes } from "../../src/browser/sha256.js";
import { seededRandom } from "../support/random-bytes.js";

describe("SHA-256 without the browser's", () => {
  it.each([0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 100_003])(
    "of %i bytes is Node's",
    async (length) => {
      const random = seededRandom(length + 1);
      const bytes = Uint8Array.from({ length }, () => 256 * random());
      const expected = createHash("sha256").update(bytes).digest("hex");
      expect(Buffer.from(sha256Bytes(bytes)).toString("hex")).toBe(expected);
      expect(await sha256(bytes, null)).toBe(expected);
      expect(await sha256(bytes)).toBe(expected);
    },
  );
});
