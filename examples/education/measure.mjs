// How good are the suggestions? node examples/education/measure.mjs DB CAPTIONS [--lessons 100] [--passages 10] [--seed 1]
//
// DB: a database that `zeroclip index` made of photos that people described. CAPTIONS: Flickr8k's form, a line a caption
// (photo.jpg#0<tab>words). Each lesson is made of captions of photos drawn by the seed, one a passage; it is right to give a passage the
// very photo that it was written of.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { loadClip } from "zeroclip";
import { openStore, passagesOf, suggestPictures } from "zeroclip/search";
import { seeded } from "../seeded.mjs";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    lessons: { type: "string", default: "100" },
    passages: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
  },
});
const [db, captionFile] = positionals;
if (!db || !captionFile) {
  console.error("Expected a database and a file of captions.");
  process.exit(2);
}
const [lessons, count] = [Number(values.lessons), Number(values.passages)];
const random = seeded(Number(values.seed));

const captions = new Map();
for (const line of readFileSync(captionFile, "utf8").split("\n")) {
  const found = /^([^#\s]+)#\S*\s+(.*\S)/.exec(line);
  if (found) captions.set(found[1], [...(captions.get(found[1]) ?? []), found[2]]);
}

const store = await openStore(db);
const clip = await loadClip(store.identity.model.name);
const photos = [];
for await (const rows of store.scan({ columns: ["path"] }))
  for (const { path } of rows) if (captions.has(basename(path))) photos.push(basename(path));
if (photos.length < count) {
  console.error(
    `Expected at least ${count} photos of the database to have captions but ${photos.length} have.`,
  );
  process.exit(1);
}

const told = { passages: 0, own: 0, shown: 0, twice: 0, alone: 0 };
const pick = (list) => list[Math.floor(random() * list.length)];
for (let lesson = 0; lesson < lessons; lesson++) {
  const chosen = new Set();
  while (chosen.size < count) chosen.add(pick(photos));
  const truth = [...chosen];
  const text = truth.map((photo) => pick(captions.get(photo))).join("\n\n");
  const passages = passagesOf(text);
  if (passages.length !== count)
    throw new Error(`Expected ${count} passages but received ${passages.length}.`);
  const suggestions = await suggestPictures(store, clip, passages);
  const given = suggestions.map(({ picture }) => picture && basename(picture.row.path));
  const shown = given.filter((photo) => photo !== undefined);
  told.passages += count;
  told.shown += shown.length;
  told.twice += shown.length - new Set(shown).size;
  told.own += given.filter((photo, i) => photo === truth[i]).length;
  // The same passages, each by itself: what the rule that no photo is shown twice costs or gains.
  for (const [i, passage] of passages.entries()) {
    const [one] = await suggestPictures(store, clip, [passage]);
    if (one.picture && basename(one.picture.row.path) === truth[i]) told.alone += 1;
  }
}
const share = (n) => `${((100 * n) / told.passages).toFixed(1)} %`;
console.log(`${lessons} lessons of ${count} passages, ${photos.length} photos, ${clip.model.name}`);
console.log(`passages with a picture                 ${share(told.shown)}`);
console.log(`… with the photo that they describe     ${share(told.own)}`);
console.log(`… each passage by itself                ${share(told.alone)}`);
console.log(`… by chance                             ${(100 / photos.length).toFixed(1)} %`);
console.log(`pictures shown twice in a lesson        ${told.twice}`);
await clip[Symbol.asyncDispose]();
await store[Symbol.asyncDispose]();
