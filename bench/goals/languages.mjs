// Other languages: `npm run goals -- languages`. Chinese beside English through the starter, by the real command, on pictures and
// captions that nothing was trained on. The Chinese class names are our own: all but 咖啡杯 and 三角钢琴 are words of CC-CEDICT.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dot } from "../../dist/math/dot.js";
import { topK } from "../../dist/math/top-k.js";
import { labelSet } from "../../dist/zeroshot/label-sets.js";
import { cache, cifar10, clothing, flickr8k, imagenetSample } from "./data.mjs";
import { partsAsked } from "./parts.mjs";
import { mean, openKept, percent } from "./zeroshot-kept.mjs";

const RECALL = 0.8;
const ACCURACY = 0.75;
/** Pictures that a query finds. */
const FOUND = 10;

function evaluated(...args) {
  const run = spawnSync(process.execPath, ["dist/cli/main.js", "eval", ...args, "--json"], {
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  if (run.status !== 0)
    throw new Error(`zeroclip eval ${args.join(" ")} ended with ${run.status}: ${run.stderr}`);
  return JSON.parse(run.stdout).models[0];
}

function* recall() {
  const { images, captions, translations, test } = flickr8k();
  const of = (file) => evaluated(images, "--captions", file, "--list", test).textToImage;
  const [english, chinese] = [of(captions), of(translations)];
  for (const k of ["r1", "r5", "r10"])
    yield {
      goal: `Flickr8k test, text → picture, R@${k.slice(1)}, human translations`,
      asked: `≥ ${100 * RECALL} % of English`,
      measured: `${percent(chinese[k])} of ${percent(english[k])}: ${percent(chinese[k] / english[k])}`,
      met: chinese[k] >= RECALL * english[k],
    };
}

/** The photos of the set's hundred classes, a folder a class. */
function everyday() {
  const folder = join(cache, "imagenet-everyday");
  mkdirSync(folder, { recursive: true });
  const all = imagenetSample();
  const folders = new Map(
    readdirSync(all).map((name) => [name.slice(0, name.indexOf("_")), join(all, name)]),
  );
  for (const { id } of labelSet("imagenet-everyday").labels)
    if (!existsSync(join(folder, id))) symlinkSync(folders.get(id), join(folder, id));
  return folder;
}

function* names() {
  for (const [title, folder, set] of [
    ["clothing test", clothing("test"), "clothing-10"],
    ["CIFAR-10", cifar10(), "cifar10"],
    ["100 everyday classes of imagenet-sample", everyday(), "imagenet-everyday"],
  ]) {
    const of = (...more) => evaluated(folder, "--label-set", set, ...more).top1;
    const [english, chinese] = [of(), of("--prompt-lang", "zh")];
    yield {
      goal: `${title}, top-1 with Chinese names`,
      asked: `≥ ${100 * ACCURACY} % of English`,
      measured: `${percent(chinese)} of ${percent(english)}: ${percent(chinese / english)}`,
      met: chinese >= ACCURACY * english,
    };
  }
}

/** `<file>.jpg#<language>#<n> caption` a line → captions by `<file>.jpg#<n>`. */
const linesOf = (path) =>
  new Map(
    readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line.includes("#"))
      .map((line) => [
        line.slice(0, line.indexOf(" ")).replace(/#\w+#/, "#"),
        line.slice(line.indexOf(" ") + 1).trim(),
      ])
      .filter(([, text]) => text !== ""),
  );
const fileOf = (key) => key.slice(0, key.indexOf("#"));
const listOf = (path) =>
  readFileSync(path, "utf8")
    .split(/\s+/)
    .filter((name) => name !== "")
    .map((name) => (name.endsWith(".jpg") ? name : `${name}.jpg`));

/** Each caption and its human translation look for pictures among the test's thousand. */
async function* overlap() {
  const { images, captions, translations, test } = flickr8k();
  const listed = new Set(listOf(test));
  const english = linesOf(captions);
  const pairs = [...linesOf(translations)].filter(([key]) => english.has(key) && listed.has(fileOf(key)));
  const files = [...new Set(pairs.map(([key]) => fileOf(key)))];
  const clip = await openKept("starter");
  try {
    const pictures = await clip.encodeImages(files.map((name) => join(images, name)));
    const found = async (texts) =>
      (await clip.encodeTexts(texts)).map(
        (text) =>
          new Set(
            topK(
              Float32Array.from(pictures, (picture) => dot(picture, text)),
              pictures.length,
              FOUND,
            ),
          ),
      );
    const [ours, theirs] = [
      await found(pairs.map(([key]) => english.get(key))),
      await found(pairs.map(([, text]) => text)),
    ];
    const shared = mean(
      ours.map((set, i) => [...set].filter((picture) => theirs[i].has(picture)).length / FOUND),
    );
    yield {
      goal: `a Chinese query finds what the English one finds: overlap@${FOUND} of ${pairs.length} captions, ${files.length} pictures`,
      asked: "shown",
      measured: `${percent(shared)} (by chance ${percent(FOUND / files.length)})`,
    };
  } finally {
    await clip[Symbol.asyncDispose]();
  }
}

/** The recipe for any language: the English starter, taught Chinese from the captions of Flickr8k's training photos alone. */
async function* aligned() {
  const { images, captions, chinese, translations, train, test } = flickr8k();
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-languages-"));
  try {
    const english = join(folder, "english");
    cpSync("starter", english, { recursive: true });
    const { textByScript: _, ...spec } = JSON.parse(readFileSync(join(english, "zeroclip.json"), "utf8"));
    writeFileSync(
      join(english, "zeroclip.json"),
      JSON.stringify({ ...spec, languages: ["en"], knownScripts: ["Latin"] }),
    );
    const [ours, theirs] = [linesOf(captions), linesOf(chinese)];
    const names = new Set(listOf(train));
    const lines = [...theirs].filter(([key]) => names.has(fileOf(key)) && ours.has(key));
    const pairs = join(folder, "pairs.tsv");
    writeFileSync(pairs, lines.map(([key, text]) => `${text}\t${ours.get(key)}\n`).join(""));
    const out = join(folder, "taught");
    const run = spawnSync(
      process.execPath,
      ["dist/cli/main.js", "align", "-m", english, "--pairs", pairs, "--out", out, "--json"],
      { encoding: "utf8" },
    );
    if (run.status !== 0) throw new Error(`zeroclip align ended with ${run.status}: ${run.stderr}`);
    const { pairs: counts, found, chance, cosine } = JSON.parse(run.stdout);
    yield {
      goal: `zeroclip align on ${counts.learnt} captions of the same photos: held-out captions that find theirs first`,
      asked: "shown",
      measured: `${percent(found)} (by chance ${percent(chance)}), cosine ${cosine.toFixed(3)}`,
    };
    const recalls = (file, model) => {
      const { r1, r5, r10 } = evaluated(images, "--captions", file, "--list", test, "-m", model).textToImage;
      return [r1, r5, r10];
    };
    const [own, learnt] = [recalls(captions, english), recalls(translations, out)];
    yield {
      goal: "… Flickr8k test, text → picture, R@1/5/10, human translations",
      asked: "shown",
      measured: `${learnt.map(percent).join(", ")} of ${own.map(percent).join(", ")}: ${learnt.map((value, i) => percent(value / own[i])).join(", ")}`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Size of what is shipped. */
function* size() {
  const bytes = (name) => statSync(join("starter", name)).size / 1e6;
  const all = readdirSync("starter").reduce((sum, name) => sum + bytes(name), 0);
  const own = bytes("text-zh.onnx");
  yield {
    goal: "the Chinese text tower",
    asked: "≤ 20 MB",
    measured: `${own.toFixed(1)} MB`,
    met: own <= 20,
  };
  yield { goal: "size of starter/", asked: "≤ 65 MB", measured: `${all.toFixed(1)} MB`, met: all <= 65 };
}

const PARTS = { size, recall, names, overlap, aligned };

export async function* measure(args) {
  for (const name of partsAsked(PARTS, args)) yield* PARTS[name]();
}
