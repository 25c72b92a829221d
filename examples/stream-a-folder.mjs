// A folder of any size with flat memory: pictures are decoded while the last batch is computed.
import { expandInputs, loadClip, predict } from "zeroclip";

const [folder = "test/fixtures/pictures"] = process.argv.slice(2);
const clip = await loadClip("starter");
const weights = await clip.zeroShotWeights(["cat", "cup of coffee", "rocket", "astronaut"]);

for await (const { id, result } of clip.encodeImageStream(expandInputs([folder]))) {
  if (result instanceof Error) console.log(`${id}: ${result.message}`);
  else console.log(`${id}: ${predict(result, weights, clip.model.logitScale, 1)[0].label}`);
}
await clip[Symbol.asyncDispose]();
