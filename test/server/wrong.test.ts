import { describe, expect, it } from "vitest";
import { classifyRequestSchema } from "../../src/server/wire/classify.js";
import { setNameSchema } from "../../src/server/wire/labels.js";
import { parse } from "../../src/server/wire/parse.js";

describe("what a request is refused with is one sentence that says what was expected and what came", () => {
  it.each([
    [{ labels: [] }, "Expected labels of the request to have at least 1 item but it has 0 (/docs)."],
    [
      { images: Array(65).fill("a") },
      "Expected images of the request to have at most 64 items but it has 65 (/docs).",
    ],
    [
      { labels: ["x".repeat(1001)] },
      "Expected labels.0 of the request to have at most 1000 characters but it has 1001 (/docs).",
    ],
    [{ top: 0 }, "Expected top of the request to be at least 1 but received 0 (/docs)."],
    [{ sum: "yes" }, 'Expected sum of the request to be true or false but received "yes" (/docs).'],
    [{ top: 1.5 }, "Expected top of the request to be a whole number but received 1.5 (/docs)."],
    [
      { priority: "first" },
      'Expected priority of the request to be one of interactive, bulk but received "first" (/docs).',
    ],
    [{ tpo: 1 }, 'Expected the request without "tpo", which is none of its fields (/docs).'],
    ["text", 'Expected the request to be an object but received "text" (/docs).'],
    [undefined, "Expected the request to be an object but there is none (/docs)."],
  ])("%j", (asked, told) => {
    expect(() => parse(classifyRequestSchema, asked)).toThrow(told);
  });

  it("a name in the wrong form", () => {
    expect(() => parse(setNameSchema, "../x", "the name")).toThrow(
      'Expected the name to be 1 to 64 of a-z, 0-9, dot, dash and underscore but received "../x" (/docs).',
    );
  });
});
