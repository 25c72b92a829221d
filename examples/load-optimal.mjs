// The model that suits this machine and a limit, among those that are here. Run: node examples/load-optimal.mjs [megabytes]
import { loadOptimal } from "zeroclip";

const [megabytes = "2000"] = process.argv.slice(2);

const { clip, model, batchSize, views, why, others } = await loadOptimal({
  budget: "medium",
  memory: Number(megabytes) * 1e6,
  offline: true,
});
console.log(`${model}, batch ${batchSize}, views ${views}: ${why}`);
for (const { model: other, reason } of others) console.log(`not ${other}: ${reason}`);
const [best] = await clip.classify("test/fixtures/pictures/cat.jpg", ["cat", "dog"], { views });
console.log(best.label);
await clip[Symbol.asyncDispose]();
