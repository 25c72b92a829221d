import { describe, expect, it } from "vitest";
import { parseQuery } from "../../../src/search/find/parse.js";
import { checkParts, parseCrop, type QueryPart } from "../../../src/search/find/query.js";

const text = (words: string, weight = 1): QueryPart => ({ text: words, weight });

describe("a query as it is typed", () => {
  it.each<[string, QueryPart[]]>([
    ["red poster with a lighthouse", [text("red poster with a lighthouse")]],
    ['lighthouse +"at night" -people', [text("lighthouse"), text("at night"), text("people", -1)]],
    ["lighthouse -people by the sea", [text("lighthouse by the sea"), text("people", -1)]],
    ["black-and-white photo", [text("black-and-white photo")]],
    ['"at night"^0.5 sea', [text("sea"), text("at night", 0.5)]],
    ["+sea^2 −people^0.5", [text("sea", 2), text("people", -0.5)]],
    ["“at night” －人 「灯塔」", [text("at night"), text("人", -1), text("灯塔")]],
    ['"say \\"cheese\\" \\\\ o"', [text('say "cheese" \\ o')]],
    ["image:cat.jpg", [{ picture: "cat.jpg", weight: 1 }]],
    [
      'image:"my cat.jpg"[0.1,0,.5,1]^2 -like:/a/b.jpg',
      [
        { picture: "my cat.jpg", weight: 2, crop: { x: 0.1, y: 0, width: 0.5, height: 1 } },
        { like: "/a/b.jpg", weight: -1 },
      ],
    ],
    ["images: of cats", [text("images: of cats")]],
    ["  sea\n\tsand ", [text("sea sand")]],
  ])("%s", (query, parts) => {
    expect(parseQuery(query)).toEqual(parts);
  });

  it.each<[string, RegExp]>([
    ["", /^Expected words, a picture or a row to look for but the query is empty\.$/],
    ['sea "at night', /^Expected " at the end of a phrase but the one from character 5 on has none\.$/],
    ["sea +", /^Expected words after "\+" but there are none at character 6 of the query\.$/],
    ["image: a", /^Expected words after "image:" but there are none/],
    ['""', /^Expected words after "\\"\\"" but/],
    [
      '"sea"s',
      /^Expected a space or a weight such as \^0\.5 after a word or phrase but "s" comes at character 6/,
    ],
    ["sea^x", /but "\^x" comes at character 4/],
    ["sea^0", /^Expected weights from −10 to 10 and not 0 but received 0\.$/],
    ["sea^11", /but received 11\.$/],
    ["\u200b", /^Expected texts with words in them but received one in which nothing can be seen\.$/],
    ["sea -\u200d\ufeff", /^Expected texts with words in them but/],
    ["-people", /^Expected something to look for, not only what to leave out\.$/],
    ["image:a.jpg[0,0,1", /^Expected \] at the end of a crop but the one from character 12 on has none\.$/],
    ["image:a.jpg[0,0,2,1]", /^Expected a crop x,y,w,h in shares .* but received "0,0,2,1"\.$/],
    ["a".repeat(4001), /^Expected a query of at most 4000 characters but received one of 4001\.$/],
    [
      Array.from({ length: 17 }, () => "+a").join(" "),
      /^Expected at most 16 parts of a query but received 17\.$/,
    ],
  ])("refuses %j", (query, sentence) => {
    expect(() => parseQuery(query)).toThrow(sentence);
    expect(() => parseQuery(query)).toThrow(expect.objectContaining({ code: "search.query" }));
  });

  it("may say only what to leave out where other parts are looked for", () => {
    expect(parseQuery('-snow -"some people"', { others: true })).toEqual([
      { text: "snow", weight: -1 },
      { text: "some people", weight: -1 },
    ]);
    expect(() => parseQuery("", { others: true })).toThrow(expect.objectContaining({ code: "search.query" }));
  });

  it.each(["", "0,0,1", "0,0,1,1,1", "a,0,1,1", "0,0,0,1", "-0.1,0,1,1", "0.6,0,0.5,1", "NaN,0,1,1", ",,,"])(
    "refuses the crop %j",
    (crop) => expect(() => parseCrop(crop)).toThrow(expect.objectContaining({ code: "search.query" })),
  );

  it("refuses parts that a program made wrongly", () => {
    const bad: QueryPart[][] = [
      [],
      [text("a", Number.NaN)],
      [text(" ")],
      [text("\u200b")],
      [{ picture: "a.jpg", weight: 1, crop: { x: 0, y: 0, width: 2, height: 1 } }],
    ];
    for (const parts of bad) {
      expect(() => checkParts(parts)).toThrow(expect.objectContaining({ code: "search.query" }));
    }
  });
});
