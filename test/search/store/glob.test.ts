import fc from "fast-check";
import { expect, it } from "vitest";
import { globTest } from "../../../src/search/store/glob.js";

it.each([
  ["*", "", true],
  ["", "", true],
  ["", "a", false],
  ["?", "😀", true],
  ["?", "", false],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["*.jpg", "/a/b\nc.jpg", true],
  ["/a/**", "/a/b/c", true],
  ["[ab]", "a", false],
])("%j on %j: %s", (glob, text, expected) => {
  expect(globTest(glob)(text)).toBe(expected);
});

it("is what a regular expression says", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
  fc.assert(
    fc.property(pattern, word, (glob, text) => {
      const regex = new RegExp(`^${glob.replaceAll("*", ".*").replaceAll("?", ".")}$`);
      expect(globTest(glob)(text)).toBe(regex.test(text));
    }),
    { numRuns: 500 },
  );
});

it("answers a pattern that a regular expression would try for years", () => {
  expect(globTest(`${"a*".repeat(200)}b`)("a".repeat(5_000))).toBe(false);
});
