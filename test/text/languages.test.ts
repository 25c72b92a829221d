import { expect, test } from "vitest";
import { languagesOf } from "../../src/text/languages.js";
import { scriptsOf, unknownScripts } from "../../src/text/scripts.js";
import { labelsAt } from "../../src/zeroshot/hierarchy.js";
import { LABEL_SETS, labelSet } from "../../src/zeroshot/label-sets.js";

test.each([
  ["es", ["perro", "gato", "coche"]],
  ["es", ["una foto de un perro"]],
  ["fr", ["chien", "voiture", "maison"]],
  ["fr", ["la tour Eiffel dans la neige"]],
  ["de", ["Hund", "Katze", "Fahrrad"]],
  ["de", ["ein Sonnenuntergang über dem Meer"]],
  ["it", ["gatto", "uccello", "bicicletta"]],
  ["pt", ["cachorro", "pássaro"]],
  ["nl", ["hond", "fiets", "een huis"]],
  ["pl", ["kot", "książka"]],
  ["tr", ["köpek", "ağaç"]],
  ["sv", ["fågel", "blommor"]],
  ["id", ["anjing", "kucing"]],
  ["vi", ["con chó", "con mèo"]],
  ["cs", ["kočka", "strom"]],
  ["en", ["a photo of a dog", "the cat"]],
])("%s: %j", (language, texts) => {
  expect(languagesOf(texts)).toEqual(texts.map(() => language));
});

test("what nothing shows is left open, and faint signs count where many labels have them", () => {
  expect(languagesOf(["xylophone", "café", "12", "", "🐶"])).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  // English words that are another language's, too.
  const english = [
    "barn",
    "van",
    "delivery van",
    "pies",
    "kind",
    "mesa",
    "sole",
    "hut",
    "chat",
    "rue",
    "boot",
    "die",
    "main",
  ];
  expect(languagesOf(english)).toEqual(english.map(() => undefined));
  expect(languagesOf(["naïve bœuf"])).toEqual([undefined]);
  expect(languagesOf(["bœuf", "forêt", "hôpital", "garçon"])).toEqual(["fr", "fr", undefined, "fr"]);
});

test.each(Object.keys(LABEL_SETS))(
  "no label of the ready set %s is taken for another language than English",
  (name) => {
    const labels = labelsAt(labelSet(name)).map((label) => label.name);
    const found = languagesOf(labels);
    expect(labels.filter((_, i) => found[i] !== undefined && found[i] !== "en")).toEqual([]);
  },
);

test("scripts: twenty and more are told by name", () => {
  const texts = [
    ...[
      "cat",
      "猫",
      "ねこ",
      "ネコ",
      "고양이",
      "кошка",
      "γάτα",
      "قطة",
      "חתול",
      "बिल्ली",
      "বিড়াল",
      "பூனை",
      "పిల్లి",
      "แมว",
      "კატა",
    ],
    ...["կատու", "ድመት", "ឆ្មា", "બિલાડી", "ਬਿੱਲੀ", "ಬೆಕ್ಕು", "പൂച്ച", "බළලා", "ແມວ", "ကြောင်", "ཞི་མི"],
  ];
  const scripts = texts.map((text) => [...scriptsOf(text)].join());
  expect(new Set(scripts).size).toBe(texts.length);
  expect(scripts).not.toContain("Other");
  expect(texts.filter((text) => unknownScripts(text, ["Latin"]).length > 0)).toEqual(texts.slice(1));
});
