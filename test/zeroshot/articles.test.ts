import { describe, expect, it } from "vitest";
import { indefinite, numberOf, pluralOf, takesArticle } from "../../src/zeroshot/articles.js";

const words = (list: string): string[] => list.split(",").map((word) => word.trim());

describe("numberOf", () => {
  it.each(
    words(
      "bus, glass, dress, octopus, iris, cactus, lens, series, person wearing glasses, cup of beans, group of people," +
        "t-shirt, wolf, pizza, minibus, school bus, chess piece, hourglass, COVID-19, X-ray, box (with toys)",
    ),
  )("one: %s", (word) => expect(numberOf(word)).toBe("singular"));
  it.each(
    words(
      "jeans, shoes, people, scissors, sunglasses, running shoes, men in suits, swim trunks / shorts, potatoes, data, skis," +
        "pants, boxes of fruit, children, headphones, flip-flops",
    ),
  )("several: %s", (word) => expect(numberOf(word)).toBe("plural"));
  it.each(
    words(
      "bread, water, rice, furniture, footwear, cookware, red wine, ice cream, snow on a roof, jewelry, dried fruit",
    ),
  )("stuff: %s", (word) => expect(numberOf(word)).toBe("mass"));
});

describe("indefinite", () => {
  it.each(
    words(
      "apple, orange, umbrella, hour, honest man, heirloom, MRI, SUV, X-ray, LED lamp, 8-ball, 11th floor, 18-wheeler, egg," +
        "FM radio, uninvited guest, unimpressed cat, old car, HDMI cable, unidentified object, unripe banana, urn, usher," +
        "interlaced texture, urban street, IV drip, NBA jersey, unlit lamp",
    ),
  )("an %s", (word) => expect(indefinite(word)).toBe("an"));
  it.each(
    words(
      "cat, unicorn, university, uniform, European bee, one-way street, USB stick, ukulele, utility knife, CT scan, house," +
        "T-shirt, UFO, 7-segment display, 110 V plug, ewe, t-shirt, NASA logo, used car, yacht, urinal, urologist," +
        "unanimous vote, union flag, unit, unicycle, usage chart",
    ),
  )("a %s", (word) => expect(indefinite(word)).toBe("a"));
});

describe("takesArticle", () => {
  it.each(words("cat, bus, cup of coffee, Siamese cat"))("%s: yes", (word) =>
    expect(takesArticle(word)).toBe(true),
  );
  it.each(words("jeans, bread, the sun, my dog, two cats, a cat, 猫, собака, 😀, 42"))("%s: no", (word) =>
    expect(takesArticle(word)).toBe(false),
  );
});

describe("pluralOf", () => {
  it.each([
    ["cat", "cats"],
    ["bus", "buses"],
    ["box", "boxes"],
    ["church", "churches"],
    ["baby", "babies"],
    ["toy", "toys"],
    ["knife", "knives"],
    ["tomato", "tomatoes"],
    ["photo", "photos"],
    ["woman", "women"],
    ["policeman", "policemen"],
    ["human", "humans"],
    ["Person", "People"],
    ["sheep", "sheep"],
    ["goldfish", "goldfish"],
    ["computer mouse", "computer mice"],
    ["cup of coffee", "cups of coffee"],
    ["group of people", "groups of people"],
    ["box (open)", "boxes (open)"],
    ["t-shirt", "t-shirts"],
    ["jeans", "jeans"],
    ["bread", "bread"],
    ["猫", "猫"],
  ])("%s → %s", (one, many) => expect(pluralOf(one)).toBe(many));
});

it("a label that is no label is looked at quickly", () => {
  const endless = `${"a".repeat(1_000_000)}猫`;
  expect(takesArticle(endless)).toBe(false);
  expect(pluralOf(endless)).toBe(endless);
  expect(takesArticle(`${"a ".repeat(400)}猫`)).toBe(false);
});
