// Many pictures at once: each gives an answer or its own error; none spoils the others.
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClipError, loadClip } from "zeroclip";

const broken = join(tmpdir(), "zeroclip-example-broken.jpg");
await writeFile(broken, "this is no picture");

const clip = await loadClip("starter");
const pictures = [
  "test/fixtures/pictures/cat.jpg",
  broken,
  "test/fixtures/pictures/coffee.jpg",
  "not-there.jpg",
];
const answers = await clip.classifyAll(pictures, ["cat", "cup of coffee", "rocket"], { top: 1 });
answers.forEach((answer, i) => {
  if (answer instanceof ClipError) console.log(`${pictures[i]}: ${answer.code}: ${answer.message}`);
  else console.log(`${pictures[i]}: ${answer[0].label}`);
});
await clip[Symbol.asyncDispose]();
