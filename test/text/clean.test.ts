import { describe, expect, it } from "vitest";
import { cleanText } from "../../src/text/clean.js";
import { fixText } from "../../src/text/fix-text.js";
import { lowerCase, stripped } from "../../src/text/pinned.js";
import { unescapeHtml } from "../../src/text/unescape.js";

describe("cleanText", () => {
  it.each([
    ["  A  Photo\tof\n a DOG ", "a photo of a dog"],
    ["â€œNo problemsâ€\x9d", '"no problems"'],
    ["voilÃ  le travail", "voilà le travail"],
    ["ＬＯＵＤ　ﾉｲｽﾞ", "loud ノイズ"],
    ["ﬁsh &amp;amp; chips", "fish & chips"],
    ["<b>&eacute;</b>", "<b>é</b>"],
  ])("cleans %j", (text, expected) => {
    expect(cleanText(text)).toBe(expected);
  });
});

describe("fixText", () => {
  it("leaves references of a line with a `<`, and of the lines after it", () => {
    expect(fixText("&eacute;\n<b>&eacute;\n&eacute;")).toBe("é\n<b>&eacute;\n&eacute;");
  });

  it("reads names in capitals where they mean nothing else", () => {
    expect(fixText("P&EACUTE;REZ &SZLIG; &nTILDE; &GT;")).toBe("PÉREZ SS &nTILDE; >");
  });

  it("decodes Java's zero and CESU-8, and joins or replaces surrogates", () => {
    expect(fixText("Ã©í\xa0½í¸\x80")).toBe("é😀");
    expect(fixText("a\ud83db")).toBe("a\ufffdb");
  });
});

describe("unescapeHtml", () => {
  it.each([
    ["&notit; &notin; &amp &ampx &am;", "¬it; ∉ & &x &am;"],
    ["&#x80;&#128&#0;&#xD800;&#x110000;&#1;&#xfdd0;|", "€€\ufffd\ufffd\ufffd|"],
    [`&#${"9".repeat(400)};`, "\ufffd"],
    ["&fjlig;&NotEqualTilde;", "fj≂̸"],
  ])("reads %j as Python does", (text, expected) => {
    expect(unescapeHtml(text)).toBe(expected);
  });
});

describe("the pinned Unicode version", () => {
  it("lower-cases as Python: final sigma, dotted I, no case for characters that came later", () => {
    expect(lowerCase("ΟΔΥΣΣΕΥΣ. ΑΣΑ İ")).toBe("οδυσσευς. ασα i̇");
    expect(lowerCase("\ua7cb\u1c89\u{10d50}")).toBe("\ua7cb\u1c89\u{10d50}");
  });

  it("strips what Python calls space", () => {
    expect(stripped("\x1c\x85\u3000 a\ufeff b\ufeff\x1f")).toBe("a\ufeff b\ufeff");
  });
});
