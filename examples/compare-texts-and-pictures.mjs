// Embeddings by hand: which of these sentences fits which picture? Vectors have length 1, so the dot product is the cosine.
import { dot, loadClip, orThrow } from "zeroclip";

const clip = await loadClip("starter");
const pictures = ["cat", "coffee", "rocket"].map((name) => `test/fixtures/pictures/${name}.jpg`);
const sentences = ["a cat looks at the camera", "a cup of coffee on a table", "a rocket is launched"];

const images = orThrow(await clip.encodeImages(pictures));
const texts = await clip.encodeTexts(sentences);
pictures.forEach((picture, i) => {
  const cosines = texts.map((text) => dot(images[i], text));
  const best = cosines.indexOf(Math.max(...cosines));
  console.log(`${picture}: "${sentences[best]}" (${cosines[best].toFixed(3)})`);
});
await clip[Symbol.asyncDispose]();
