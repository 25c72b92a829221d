// Makes the int8 form of a model, says what it costs, and opens it. Run: node examples/quantize.mjs [model]
import { ClipError, loadClip, quantize } from "zeroclip";

const model = process.argv[2] ?? "starter";
const percent = (share) => `${Math.round(100 * share)} %`;
try {
  const { name, quantization } = await quantize(model, { keep: 2 });
  const { gate, bytes } = quantization;
  console.log(`${name}: its weights are ${percent(bytes.int8 / bytes.fp32)} of fp32`);
  console.log(
    `pictures: mean cosine ${gate.pictures.mean.toFixed(4)}, worst ${gate.pictures.worst.toFixed(4)}`,
  );
  console.log(`the same label for ${percent(gate.agreement.share)} of ${gate.agreement.pictures} pictures`);
} catch (error) {
  // Nothing was written: the sentence says which figure failed and which layers cost most.
  if (!(error instanceof ClipError && error.code === "quantize.gate")) throw error;
  console.log(`not near enough to ${model}: ${error.message}`);
}

// What is here and faster on this machine: int8 where it was made.
const clip = await loadClip(model, { precision: "auto" });
const [best] = await clip.classify("test/fixtures/pictures/cat.jpg", ["cat", "dog", "rocket"]);
console.log(`${clip.model.name}: ${best?.label}`);
await clip[Symbol.asyncDispose]();
