// Copies each picture into a folder named by its answer. What the model is not sure of goes to "unsure", for a person.
// Run: node examples/sort-folder.mjs [pictures] [out] [labels.txt] [least probability; auto after zeroclip calibrate] [domain]
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { ClipError, composeTemplates, expandInputs, loadClip } from "zeroclip";

const [pictures = "test/fixtures/pictures", out = "sorted", file, least = "0.8", domain = "generic"] =
  process.argv.slice(2);
const labels = file
  ? (await readFile(file, "utf8")).split("\n").filter((line) => line.trim() !== "")
  : ["cat", "cup of coffee", "rocket"];

// What is remembered on disk: words, and pictures that were seen before. A second run computes only what is new.
const clip = await loadClip("starter", { cache: { text: true, image: true } });
const weights = await clip.zeroShotWeights(labels, composeTemplates([domain]));
const answer = await clip.answerer(weights, { abstain: least === "auto" ? least : Number(least) });

const counts = {};
for await (const { id, result } of clip.encodeImageStream(expandInputs([pictures]))) {
  if (result instanceof ClipError) {
    console.error(`${id}: ${result.message}`); // the others go on
    continue;
  }
  const { predictions, abstained } = answer(result);
  const folder = abstained ? "unsure" : predictions[0].label;
  await mkdir(join(out, folder), { recursive: true });
  await copyFile(id, join(out, folder, basename(id))); // a copy: the original stays
  counts[folder] = (counts[folder] ?? 0) + 1;
}
for (const [folder, count] of Object.entries(counts).sort()) console.log(`${folder}: ${count}`);
await clip[Symbol.asyncDispose]();
