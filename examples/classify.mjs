// One picture, your own words. Run: node examples/classify.mjs [picture] [label,label,…]
import { loadClip } from "zeroclip";

const [picture = "test/fixtures/pictures/cat.jpg", labels = "cat,dog,cup of coffee,rocket"] =
  process.argv.slice(2);

const clip = await loadClip("starter");
for (const { label, probability, similarity } of await clip.classify(picture, labels.split(","))) {
  console.log(`${(100 * probability).toFixed(1).padStart(5)} %  ${similarity.toFixed(3)}  ${label}`);
}
await clip[Symbol.asyncDispose]();
