import fc from "fast-check";
import stringWidth from "string-width";
import { expect, it } from "vitest";
import { linesOf } from "../../src/cli/cells.js";
import { type Column, table } from "../../src/cli/table.js";

const right = { align: "right" } as const;
const COLUMNS: readonly Column[] = [
  { title: "model" },
  { title: "pictures", ...right },
  { title: "top-1 %", ...right },
  { title: "memory", ...right },
  { title: "state" },
];
const ROWS = [
  ["starter", "372", "84.68", "612 MB (estimated)", "here"],
  ["ViT-B/32@int8", "372", "88.10", "1.2 GB", "to download"],
];

it("stands on one line where there is room, and in a pipe", () => {
  const wide = table(COLUMNS, ROWS, Number.POSITIVE_INFINITY);
  expect(wide.split("\n")).toEqual([
    "model          pictures  top-1 %              memory  state",
    "starter             372    84.68  612 MB (estimated)  here",
    "ViT-B/32@int8       372    88.10              1.2 GB  to download",
  ]);
  expect(table(COLUMNS, ROWS, 66)).toBe(wide);
});

it("breaks words within their columns, numbers never from their units", () => {
  expect(table(COLUMNS, ROWS, 56).split("\n")).toEqual([
    "                         top-1",
    "model          pictures      %       memory  state",
    "starter             372  84.68       612 MB  here",
    "                                (estimated)",
    "ViT-B/32@int8       372  88.10       1.2 GB  to download",
  ]);
});

it("puts further columns below, with the first ones repeated", () => {
  expect(table(COLUMNS, ROWS, 34).split("\n")).toEqual([
    "model          pictures  top-1 %",
    "starter             372    84.68",
    "ViT-B/32@int8       372    88.10",
    "",
    "model                      memory",
    "starter        612 MB (estimated)",
    "ViT-B/32@int8              1.2 GB",
    "",
    "model          state",
    "starter        here",
    "ViT-B/32@int8  to download",
  ]);
});

it("counts wide signs as two, and breaks between them", () => {
  const rows = [["狗在草地上奔跑", "1.00"]];
  expect(table([{ title: "标签" }, { title: "top-1 %", ...right }], rows, 17).split("\n")).toEqual([
    "标签      top-1 %",
    "狗在草地     1.00",
    "上奔跑",
  ]);
});

const text = fc.oneof(
  fc.string({ maxLength: 40 }).map((words) => words.replaceAll(/[^ -~]/g, "x")),
  fc.string({ unit: fc.constantFrom("图", "片", "a", " ", "é"), maxLength: 30 }),
);

it("loses nothing, and no line of words is wider than the terminal", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          text.map((words) => `x${words}`),
          text,
          text,
        ),
        { minLength: 1, maxLength: 5 },
      ),
      fc.integer({ min: 24, max: 90 }),
      (rows, width) => {
        const shown = table([{ title: "a" }, { title: "b" }, { title: "c" }], rows, width);
        for (const line of shown.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(width);
        const signs = (words: string): string => [...words.replaceAll(/\s/g, "")].sort().join("");
        // The first column is repeated with each piece, of which there are at most two here.
        const once = signs(`${rows.flat().join("")}abc`);
        const pieces = shown.split("\n\n").length;
        const more = signs(`a${rows.map(([first]) => first).join("")}`.repeat(pieces - 1));
        expect(signs(shown)).toBe(signs(once + more));
      },
    ),
  );
});

it("breaks a text into lines that read the same", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 40 }), (words, width) => {
      const lines = linesOf(words, width, false);
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      expect(lines.join("").replaceAll(/\s/g, "")).toBe(words.replaceAll(/\s/g, ""));
    }),
  );
});
