// Photos in folders of their kinds → files for `zeroclip catalogue`: node examples/retail/make.mjs CLOTHING OUT
//
// CLOTHING holds train/, validation/ and test/ with a folder a kind. OUT gets
//   kinds.csv   one product a kind, with all its training photos
//   goods.csv   one product a training photo
//   likes.csv   simulated shoppers: each likes goods of two kinds, three quarters of them of the first
//   look.json   which kinds are worn together
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { seeded } from "../seeded.mjs";
import { wordsOf } from "./words.mjs";

const [clothing, out] = process.argv.slice(2);
if (!clothing || !out) {
  console.error("Expected a folder of photos and a folder to write to.");
  process.exit(2);
}

const LOOK = {
  dress: ["shoes", "outwear", "hat"],
  hat: ["outwear", "t-shirt"],
  longsleeve: ["pants", "skirt", "shoes"],
  outwear: ["pants", "shoes", "hat"],
  pants: ["shirt", "t-shirt", "shoes"],
  shirt: ["pants", "skirt", "shoes"],
  shoes: ["pants", "dress"],
  shorts: ["t-shirt", "shoes"],
  skirt: ["longsleeve", "shoes"],
  "t-shirt": ["shorts", "pants", "shoes"],
};

/** The same shoppers each time. */
const random = seeded(8);
const any = (list) => list[Math.floor(random() * list.length)];

const train = resolve(clothing, "train");
const kinds = readdirSync(train).sort();
const photos = Object.fromEntries(kinds.map((kind) => [kind, readdirSync(join(train, kind)).sort()]));
const csv = (rows) =>
  rows
    .map((row) =>
      row.map((cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(","),
    )
    .join("\n");
const path = (kind, name) => join(train, kind, name);

mkdirSync(out, { recursive: true });
const columns = ["id", "name:en", "name:zh", "categories", "price", "currency", "pictures"];
const kindRows = kinds.map((kind) => [
  kind,
  ...wordsOf(kind),
  kind,
  "",
  "",
  photos[kind].map((name) => path(kind, name)).join("|"),
]);
writeFileSync(join(out, "kinds.csv"), `${csv([columns, ...kindRows])}\n`);

const goods = kinds.flatMap((kind) =>
  photos[kind].map((name, i) => ({
    id: `${kind}-${i + 1}`,
    kind,
    price: (10 + Math.floor(90 * random())).toString(),
    picture: path(kind, name),
  })),
);
const goodRows = goods.map(({ id, kind, price, picture }) => [
  id,
  ...wordsOf(kind),
  kind,
  price,
  "EUR",
  picture,
]);
writeFileSync(join(out, "goods.csv"), `${csv([columns, ...goodRows])}\n`);

const likes = [["user", "product", "time"]];
for (let user = 1; user <= 200; user++) {
  const favourites = [any(kinds), any(kinds)];
  const liked = new Set();
  for (let tries = 0; liked.size < 8 && tries < 100; tries++) {
    const kind = favourites[random() < 0.75 ? 0 : 1];
    liked.add(any(goods.filter((one) => one.kind === kind)).id);
  }
  for (const [i, id] of [...liked].entries()) {
    likes.push([`u${user}`, id, new Date(Date.UTC(2026, 0, 1 + i)).toISOString()]);
  }
}
writeFileSync(join(out, "likes.csv"), `${csv(likes)}\n`);
writeFileSync(join(out, "look.json"), `${JSON.stringify(LOOK, null, 2)}\n`);
console.error(`${kinds.length} kinds, ${goods.length} goods, 200 shoppers in ${out}`);
