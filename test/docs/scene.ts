import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { orThrow } from "../../src/errors.js";
import { loadClip } from "../../src/index.js";
import { openStore } from "../../src/search/store/open.js";
import { CIFAR10 } from "../../src/zeroshot/data/small-sets.js";
import { writeCheckpoint } from "../quantize/checkpoint.js";
import { rowOf } from "../search/find/rows.js";
import { blocksOf } from "./blocks.js";

const ROOT = join(import.meta.dirname, "..", "..");
const PICTURES = join(ROOT, "test", "fixtures", "pictures");
const STRANGERS = ["bricks", "coins", "galaxies", "tissue"];
const CLASSES = ["astronaut", "cat", "coffee", "rocket"];

/** The models that the pages name stand here as small files of OpenAI's tensors with seeded weights: no network, no gigabytes. */
const MODELS: readonly [name: RegExp, file: string][] = [
  [/openai\/clip-vit-base-patch32/g, "./other.pt"],
  [/ViT-L\/14(?:@336px)?/g, "./large.pt"],
  [/(?<!\.\/)\bRN(?:50|101)\b/g, "./resnet.pt"],
  [/ViT-B\/32/g, "./ViT-B-32.pt"],
];

/**
 * A block's code with the names of models that have to be downloaded replaced by files of the scene. Seeded weights are sure of
 * no label, so that int8 changes some answers: quantising in a program gets a lower bound, as `COMMAND` does.
 */
export function withSmallModels(code: string): string {
  const small = MODELS.reduce((text, [name, file]) => text.replaceAll(name, file), code);
  return small.replaceAll(/\bquantize\(("[^"]+"), \{/g, "quantize($1, { gate: { agreement: 0.5 },");
}

/** How often each picture lies in a folder to calibrate with: fitting an ensemble asks for 100 pictures; 12 are different. */
const COPIES = 9;

/** Three squares of a picture, several times: its middle, its mirror image, and a part of it. */
async function picturesOf(name: string, folder: string, copies: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const small = await sharp(join(PICTURES, `${name}.jpg`))
    .resize(300, 300)
    .toBuffer();
  const part = { left: 15, top: 15, width: 270, height: 270 };
  const squares = [sharp(small), sharp(small).flop(), sharp(small).extract(part)];
  const files = await Promise.all(squares.map((square) => square.jpeg().toBuffer()));
  for (let i = 0; i < copies * files.length; i++) {
    writeFileSync(join(folder, `${i + 1}.jpg`), files[i % files.length]!);
  }
}

/** CIFAR's binary form: a byte of the class, then 32 × 32 pixels, plane by plane. */
async function cifarRecords(): Promise<Buffer> {
  const records = await Promise.all(
    CLASSES.map(async (name, truth) => {
      const picture = sharp(join(PICTURES, `${name}.jpg`))
        .resize(32, 32)
        .removeAlpha();
      const bytes = await picture.raw().toBuffer();
      const planes = [0, 1, 2].map((channel) => bytes.filter((_, i) => i % 3 === channel));
      return Buffer.concat([Buffer.from([truth]), ...planes]);
    }),
  );
  return Buffer.concat(records);
}

/**
 * The command line as a user has it, except that pictures' vectors are remembered (they are the same, bit for bit, and each of
 * the 12 pictures is computed once), and that seeded weights pass the gate of int8.
 */
const COMMAND = `#!/bin/sh
case "$1" in
  classify | embed | eval | calibrate | prompts | ensemble) exec node "${join(ROOT, "dist/cli/main.js")}" "$@" --cache-images ;;
  quantize) exec node "${join(ROOT, "dist/cli/main.js")}" "$@" --min-agreement 0.5 ;;
  *) exec node "${join(ROOT, "dist/cli/main.js")}" "$@" ;;
esac
`;

/** An indexed folder: what `zeroclip index photos --db photos.db` makes. */
async function indexed(folder: string): Promise<void> {
  const paths = CLASSES.map((name) => join(folder, "photos", name, "1.jpg"));
  await using clip = await loadClip("starter", { home: join(folder, ".cache", "zeroclip"), offline: true });
  const options = { model: clip.model, create: true, version: "0.0.0" };
  await using store = await openStore(join(folder, "photos.db"), options);
  const vectors = orThrow(await clip.encodeImages(paths));
  await store.put(paths.map((path, i) => rowOf(path, vectors[i]!)));
}

/** Everything that the pages' commands name, in an empty folder: pictures in one folder a class, lists, label files, models. */
export async function layOut(folder: string): Promise<void> {
  const at = (...parts: string[]): string => join(folder, ...parts);
  for (const folderName of ["animals", "other-animals", "clothes/tune"]) {
    for (const name of CLASSES) await picturesOf(name, at(folderName, name), COPIES);
  }
  for (const folderName of ["clothes/check", "photos", "photos-by-class", "shop"]) {
    for (const name of CLASSES) await picturesOf(name, at(folderName, name), 1);
  }
  for (const copy of ["cat", "a", "b", "street", "photo"]) {
    copyFileSync(at("animals", "cat", "1.jpg"), at(`${copy}.jpg`));
  }
  for (const strangers of ["holiday-photos", "something-else"]) {
    mkdirSync(at(strangers));
    for (const name of STRANGERS) {
      await sharp(join(ROOT, "calibration", `${name}.jpg`))
        .resize(300, 300)
        .toFile(at(strangers, `${name}.jpg`));
    }
  }
  mkdirSync(at("inbox"));
  for (const name of ["cat", "rocket"])
    copyFileSync(at("animals", name, "1.jpg"), at("inbox", `${name}.jpg`));
  copyFileSync(at("holiday-photos", "bricks.jpg"), at("inbox", "bricks.jpg"));

  copyFileSync(join(ROOT, "test/golden/dicom/signed-ct.dcm"), at("scan.dcm"));
  writeFileSync(at("animals.txt"), `${CLASSES.join("\n")}\n`);
  writeFileSync(
    at("goods.yaml"),
    blocksOf(join(ROOT, "docs/labels.md")).find((one) => one.language === "yaml")!.code,
  );
  writeFileSync(at("more.csv"), "path,label\nphotos/cat/1.jpg,cat\nphotos/rocket/1.jpg,rocket\n");
  mkdirSync(at("cifar-10-batches-bin"));
  writeFileSync(at("cifar-10-batches-bin", "test_batch.bin"), await cifarRecords());
  writeFileSync(at("cifar-10-batches-bin", "batches.meta.txt"), `${CIFAR10.join("\n")}\n`);
  mkdirSync(at("flickr8k"));
  for (const name of CLASSES) copyFileSync(at("animals", name, "1.jpg"), at("flickr8k", `${name}.jpg`));
  writeFileSync(at("captions.txt"), CLASSES.map((name) => `${name}.jpg\ta photo of a ${name}\n`).join(""));
  writeFileSync(at("test.txt"), "cat.jpg\nrocket.jpg\n");
  cpSync(join(ROOT, "examples"), at("examples"), { recursive: true });
  copyFileSync(at("examples", "companies", "growing.yaml"), at("my-company.yaml"));

  for (const [seed, name] of ["ViT-B-32.pt", "resnet.pt", "large.pt", "other.pt"].entries()) {
    await writeCheckpoint(at(name), seed + 1);
  }
  mkdirSync(at("bin"));
  writeFileSync(at("bin", "zeroclip"), COMMAND);
  chmodSync(at("bin", "zeroclip"), 0o755);
  mkdirSync(at("node_modules"));
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(join(ROOT, "node_modules", name), at("node_modules", name));
  }
  symlinkSync(ROOT, at("node_modules", "zeroclip"));
  await indexed(folder);
}
