// Queries whose answers people have judged without knowing of them: words and captions of Flickr8k, where a picture fits when its own
// five captions say what is asked for; and queries that nothing fits.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sample, seeded } from "../../dist/math/random.js";
import { rowId } from "../../dist/search/row.js";
import { flickr8k, imagenetSample } from "../goals/data.mjs";

const STOP = new Set(
  "a an the of in on at to with and or is are was were be by for from as it its his her their he she they this that these those there up down into onto out over off through near next while who which two three four some one another other several many front behind side back top along around across under very has have had having being been get gets getting look looks looking doing do does just like each both all no not what something someone them him".split(
    " ",
  ),
);

/** English endings taken off, so that "dogs run" and "a running dog" are the same words. */
export function stem(word) {
  let out = word;
  for (const ending of ["ing", "ed", "es", "s"]) {
    if (!out.endsWith(ending) || out.length - ending.length < 3) continue;
    out = out.slice(0, -ending.length);
    break;
  }
  if (out.length > 3 && out.at(-1) === out.at(-2)) out = out.slice(0, -1);
  return out.endsWith("e") && out.length > 3 ? out.slice(0, -1) : out;
}

const wordsOf = (text) =>
  (text.toLowerCase().match(/[a-z']+/g) ?? []).filter((word) => word.length > 2 && !STOP.has(word));
const stemsOf = (text) => new Set(wordsOf(text).map(stem));

/** Flickr8k: captions and stems by file, and the files of each split. */
export function judgedPictures() {
  const { images, captions: path, test } = flickr8k();
  const captions = new Map();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const match = /^([^#]+)#\S*\s+(.*\S)/.exec(line);
    if (match) captions.set(match[1], [...(captions.get(match[1]) ?? []), match[2]]);
  }
  const split = (name) =>
    readFileSync(join(dirname(test), `${name}.txt`), "utf8")
      .split("\n")
      .map((name) => name.trim())
      .map((name) => (captions.has(name) ? name : `${name}.jpg`))
      .filter((file) => captions.has(file));
  const stems = new Map([...captions].map(([file, texts]) => [file, stemsOf(texts.join(" "))]));
  return { images, captions, stems, split };
}

/** Queries of one, two and three words of captions and whole captions; `fits(file)` says whether its captions hold them. */
export function judgedQueries({ captions, stems }, files, seed) {
  const random = seeded(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const common = new Map();
  for (const file of files) for (const one of stems.get(file)) common.set(one, (common.get(one) ?? 0) + 1);
  const forms = new Map(
    files.flatMap((file) => captions.get(file).flatMap(wordsOf)).map((w) => [stem(w), w]),
  );
  const query = (kind, text, asked, need) => ({
    ...{ kind, text },
    fits: (file) => asked.filter((one) => stems.get(file).has(one)).length >= need,
  });
  const single = [...common].filter(([, count]) => count >= 5).map(([one]) => one);
  const out = sample(single, 300, seed).map((one) => query("one word", forms.get(one), [one], 1));
  for (const [kind, count] of [
    ["two words", 2],
    ["three words", 3],
  ]) {
    for (let i = 0; i < 400; i++) {
      const words = [...new Set(wordsOf(pick(captions.get(pick(files)))))];
      if (words.length < count) continue;
      const chosen = sample(words, count, Math.floor(random() * 2 ** 31));
      out.push(query(kind, chosen.join(" "), [...new Set(chosen.map(stem))], new Set(chosen.map(stem)).size));
    }
  }
  for (let i = 0; i < 600; i++) {
    const text = pick(captions.get(pick(files)));
    const asked = [...stemsOf(text)];
    if (asked.length > 0) out.push(query("caption", text, asked, Math.ceil((2 * asked.length) / 3)));
  }
  return out;
}

const TYPED =
  "gefilte quantum|asdf qwer zxcv|lorem ipsum dolor|hydrostatic invoice margin|purple democracy|photosynthesis equation|balance sheet 2019|mri scan of a knee|circuit diagram|molecule model|stock market chart|chess endgame|python source code|tax return form|electron microscope image of a virus|roman mosaic|aurora borealis|bank note|passport page|x-ray of a hand|jellyfish|submarine interior|sushi platter|spreadsheet|newspaper front page|violin concerto|coffee machine|toaster|refrigerator|wedding invitation|satellite image of a hurricane|space shuttle launch|cathedral interior|penguin colony|microchip|sewing machine|typewriter|lighthouse|volcano eruption|windmill".split(
    "|",
  );
/** Things of ImageNet from here on; before are animals, and Flickr8k has many dogs. */
const FIRST_THING = 398;

/** Queries without an answer: pairs of words that no caption has, things that no caption names, and typed ones. */
export function nonsense({ stems }, seed) {
  const known = new Set([...stems.values()].flatMap((one) => [...one]));
  const { model } = JSON.parse(
    readFileSync(new URL("../../starter/tokenizer.json", import.meta.url), "utf8"),
  );
  const strange = Object.keys(model.vocab).filter(
    (word) => /^[a-z]{4,12}$/.test(word) && !known.has(stem(word)),
  );
  const random = seeded(seed);
  const word = () => strange[Math.floor(random() * strange.length)];
  const things = readdirSync(imagenetSample())
    .sort()
    .slice(FIRST_THING)
    .map((folder) =>
      folder
        .replace(/^n\d+_/, "")
        .replaceAll("_", " ")
        .toLowerCase(),
    )
    .filter((name) => wordsOf(name).length > 0 && !wordsOf(name).some((one) => known.has(stem(one))));
  const all = [
    ...Array.from({ length: 400 }, () => ({ kind: "random words", text: `${word()} ${word()}` })),
    ...things.map((text) => ({ kind: "absent things", text })),
    ...TYPED.map((text) => ({ kind: "typed", text })),
  ];
  // Every second one is fitted with, the others are measured with.
  return { fit: all.filter((_, i) => i % 2 === 0), held: all.filter((_, i) => i % 2 === 1) };
}

/** Files of Flickr8k as rows of a store, put there. */
export async function putPictures(store, clip, { images, captions }, files) {
  const paths = files.map((file) => join(images, file));
  const vectors = await clip.encodeImages(paths);
  await store.put(
    files.map((file, i) => ({
      ...{ id: rowId(file, null), path: file, time: null, hash: i.toString(16).padStart(64, "0"), bytes: 1 },
      ...{ modified: 0, width: 224, height: 224, taken: null, latitude: null, longitude: null, camera: null },
      ...{
        labels: [],
        caption: captions.get(file)[0],
        perceptual: "0".repeat(16),
        sharpness: 0,
        blank: false,
      },
      ...{ thumbnail: null, indexed: 0, vector: vectors[i] },
    })),
  );
}

/** Words that two or more of a picture's captions have. */
export function agreed({ captions }, file) {
  const counts = new Map();
  for (const text of captions.get(file)) {
    for (const one of stemsOf(text)) counts.set(one, (counts.get(one) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count >= 2).map(([one]) => one);
}
