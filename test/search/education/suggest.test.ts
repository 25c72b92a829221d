import { describe, expect, it } from "vitest";
import { toHtml, toMarkdown } from "../../../src/search/education/export.js";
import { passagesOf } from "../../../src/search/education/passages.js";
import { suggestPictures } from "../../../src/search/education/suggest.js";
import type { Row } from "../../../src/search/row.js";
import { letterEncoder } from "../../support/letter-encoder.js";
import { row, storeOf } from "../assets/rows.js";

const LESSON = `---
title: x
---
# Animals

A **dog** runs. See [the park](http://x.y).
It is fast.

## Water

- Fish swim in the sea.
- 鱼在海里游泳。鸟在天上飞。

\`\`\`
code is passed over
\`\`\`
| a | table |
`;

describe("passagesOf", () => {
  it("takes paragraphs and items under their headings, without Markdown's signs", () => {
    expect(passagesOf(LESSON)).toEqual([
      { line: 6, headings: ["Animals"], text: "A dog runs. See the park. It is fast." },
      { line: 11, headings: ["Animals", "Water"], text: "Fish swim in the sea." },
      { line: 12, headings: ["Animals", "Water"], text: "鱼在海里游泳。鸟在天上飞。" },
    ]);
  });

  it("cuts long paragraphs at the ends of sentences", () => {
    const sentence = "The quick brown fox jumps over the lazy dog again and again. ";
    const passages = passagesOf(sentence.repeat(9));
    expect(passages.length).toBeGreaterThan(2);
    expect(passages.every(({ text }) => text.endsWith("again."))).toBe(true);
    expect(passages.map(({ text }) => text).join(" ")).toBe(sentence.repeat(9).trim());
  });

  it.each(["", "# Only a heading", "x".repeat(1_000_001)])(
    "refuses a text without passages, or one too long",
    (text) => {
      expect(() => passagesOf(text)).toThrow(expect.objectContaining({ code: "search.lesson" }));
    },
  );
});

const encoder = letterEncoder();
/** A row whose picture shows the letters of its name. */
async function seen(name: string, more: Partial<Omit<Row, "vector">> = {}): Promise<Row> {
  const [vector] = await encoder.encodeImages([name]);
  const perceptual = [...name].reduce(
    (sum, sign) => (sum * 0x9e3779b97f4a7c15n + BigInt(sign.charCodeAt(0))) & 0xffffffffffffffffn,
    1n,
  );
  return row(`/${name}`, [...(vector as Float32Array)], {
    perceptual: perceptual.toString(16).padStart(16, "0"),
    ...more,
  });
}

describe("suggestPictures", () => {
  const passages = ["a dog and a dog", "a dog with fish", "fish fish"].map((text, i) => ({
    line: i + 1,
    headings: [],
    text,
  }));
  const chosen = async (rows: readonly Row[], options = {}) =>
    (await suggestPictures(await storeOf(rows, 26), encoder, passages, { least: 0, ...options })).map(
      ({ picture }) => picture?.row.path,
    );

  it("gives each passage a picture, none twice and none like another", async () => {
    const rows = await Promise.all([
      seen("dogand.jpg"),
      seen("dogwithfish.jpg"),
      seen("fish.jpg"),
      seen("fishfish.jpg"),
      seen("zzz.jpg"),
    ]);
    const paths = await chosen(rows);
    expect(new Set(paths).size).toBe(3);
    expect(paths[0]).toBe("/dogand.jpg");
    // Both pictures of fish are the same to the model: one is shown once.
    expect(paths.filter((path) => path?.startsWith("/fish"))).toHaveLength(1);
  });

  it("leaves a passage without a picture where none is left, shows no blank one, and filters by labels", async () => {
    const rows = await Promise.all([
      seen("dogand.jpg", { labels: ["hard"] }),
      seen("fish.jpg", { blank: true }),
      seen("dogs.jpg", { labels: ["easy"] }),
    ]);
    expect((await chosen(rows, { alike: 0.5 })).filter(Boolean)).toHaveLength(1);
    const easy = await chosen(rows, { filter: { labels: { any: ["easy"] } } });
    expect(easy.filter(Boolean)).toEqual(["/dogs.jpg"]);
  });

  it("says which words the picture shows", async () => {
    const store = await storeOf(await Promise.all([seen("fish.jpg"), seen("dog.jpg"), seen("bird.jpg")]), 26);
    const [one] = await suggestPictures(
      store,
      encoder,
      [{ line: 1, headings: [], text: "the fish of a queen" }],
      { least: 0 },
    );
    expect(one!.picture!.row.path).toBe("/fish.jpg");
    expect(one!.picture!.words[0]!.word).toBe("fish");
    expect(one!.picture!.words.map(({ word }) => word)).not.toContain("the");
  });
});

describe("exports", () => {
  const picture = {
    row: row("/photos/a b/<cat>.jpg", undefined, { taken: 0, camera: "X" }),
    relevance: 0.5,
    similarity: 0.4,
    words: [{ word: "cat", lift: 0.1 }],
  };
  const input = {
    title: "My *lesson*",
    file: "/photos/out/lesson.md",
    suggestions: [
      { passage: { line: 1, headings: ["One"], text: "A <cat>." }, picture },
      { passage: { line: 3, headings: ["One", "Two"], text: "No picture." } },
    ],
  };

  it("Markdown has the text, the pictures by relative paths, the reasons and the sources", () => {
    expect(toMarkdown(input)).toBe(`# My \\*lesson\\*

## One

A \\<cat\\>.

![cat](<../a%20b/%3Ccat%3E.jpg>)

*cat · relevance 50 %*

### Two

No picture.

## Sources

- /photos/a b/\\<cat\\>.jpg · 1970-01-01 · X
`);
  });

  it("HTML has the same, with nothing from outside as markup", () => {
    const page = toHtml(input);
    expect(page).toContain('src="../a%20b/%3Ccat%3E.jpg"');
    expect(page).toContain("<p>A &lt;cat&gt;.</p>");
    expect(page).toContain("<h3>Two</h3>");
    expect(page).not.toContain("<cat>");
  });
});
