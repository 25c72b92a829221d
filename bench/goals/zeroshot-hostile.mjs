// What nobody should type, and what is in the way: each case ends with the exit code that the docs give it and one sentence a
// thing to say, never with a stack, and what was there before is there after.
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { start } from "./zeroshot-command.mjs";
import { cutModel } from "./zeroshot-cut.mjs";

const PICTURES = resolve("test/fixtures/pictures");
const MANY = 100_000;

/** Lines of a stack, and the names of errors that nobody caught. */
const STACK = /^\s+at .+:\d+:\d+|\b(?:TypeError|RangeError|ReferenceError|UnhandledPromise)/m;
/** `error: Expected … (code)`, or a warning. */
const SENTENCE = /^(?:error|warning): .+[.?)]$|^Try: /;

/** A model whose weights are no numbers: all bytes 0x7e are NaN as fp16, and 126 as int8. */
async function damaged(folder) {
  cpSync(await cutModel("lite1", 192), join(folder, "damaged"), { recursive: true });
  const weights = join(folder, "damaged", "image.data");
  writeFileSync(weights, Buffer.alloc(statSync(weights).size, 0x7e));
}

/** Files of the cases, in a folder of their own. */
function lay(folder) {
  const write = (name, text) => writeFileSync(join(folder, name), text);
  for (const name of ["cat", "coffee", "rocket"]) {
    mkdirSync(join(folder, "three", name), { recursive: true });
    copyFileSync(join(PICTURES, `${name}.jpg`), join(folder, "three", name, "0.jpg"));
  }
  copyFileSync(join(PICTURES, "cat.jpg"), join(folder, "cat.jpg"));
  mkdirSync(join(folder, "one", "cat"), { recursive: true });
  copyFileSync(join(PICTURES, "cat.jpg"), join(folder, "one", "cat", "0.jpg"));
  for (const name of ["cat", "coffee"]) {
    mkdirSync(join(folder, "gap", name), { recursive: true });
    copyFileSync(join(PICTURES, `${name}.jpg`), join(folder, "gap", name, "0.jpg"));
  }
  mkdirSync(join(folder, "gap", "dog"));
  mkdirSync(join(folder, "nothing"));
  write("twice.txt", "cat\ndog\ncat\n");
  write("twice.yaml", "labels:\n  - {id: a, name: cat}\n  - {id: a, name: dog}\n");
  write("empty.txt", "\n\n");
  write("broken.yaml", "labels: [cat, {name: dog\n");
  write("many.txt", Array.from({ length: MANY }, (_, i) => `thing ${i}`).join("\n"));
  write("too-many.txt", Array.from({ length: 2 * MANY + 1 }, (_, i) => `thing ${i}`).join("\n"));
  write("emoji.txt", "😀\n🎉\n");
  write("case.txt", "cat\nCat\n");
  write("nan.json", '{"kind": "ensemble", "models": ["starter", "./own"], "weights": [NaN, 1]}');
  write("text.json", '{"kind": "ensemble", "models": ["starter", "./own"], "weights": ["NaN", 1]}');
  write("kept.json", "what was here before\n");
}

const ask = (...args) => ["classify", "cat.jpg", "--top", "1", ...args];
const together = (...args) => [
  "ensemble",
  "fit",
  "three",
  "--models",
  "starter,starter@fp32",
  "--out",
  "kept.json",
  ...args,
];

/** What is done, the exit code, and what has to be said. */
const CASES = [
  ["labels that are there twice", ask("--labels", "cat,dog,cat"), 2, /label 1 and label 3/],
  ["… in a file of lines", ask("--labels-file", "twice.txt"), 2, /line 3/],
  ["… ids, in YAML", ["labels", "check", "twice.yaml"], 2, /line 3/],
  ["no label", ask("--labels", ""), 2, /empty/],
  ["a file of no labels", ask("--labels-file", "empty.txt"), 2, /at least one label/],
  ["YAML that is broken", ["labels", "check", "broken.yaml"], 2, /line \d/],
  [
    `a file of ${MANY.toLocaleString("en-US")} labels, checked`,
    ["labels", "check", "many.txt"],
    0,
    /100,?000 labels/,
  ],
  ["more labels than there may be", ["labels", "check", "too-many.txt"], 2, /at most/],
  ["only emoji", ask("--labels-file", "emoji.txt"), 0, /the same to this model/],
  ["labels that differ in case only", ask("--labels-file", "case.txt"), 0, /differ in case only/],
  ["a file of labels that isn't there", ask("--labels-file", "nowhere.txt"), 2, /nowhere\.txt/],
  ["a model whose weights are NaN", ask("--labels", "cat,dog", "--model", "./damaged"), 1, /may be damaged/],
  ["a folder that isn't there", ["eval", "nowhere"], 2, /no such folder/],
  ["a folder of nothing", ["eval", "nothing"], 2, /nothing/],
  ["one class", ["eval", "one"], 2, /two class/],
  ["a class without a picture", ["eval", "gap"], 0, /dog has no picture/],
  ["too few pictures to calibrate on", ["calibrate", "three"], 2, /at least \d+/],
  ["weights that are no numbers", together("--weights", "NaN,1"), 2, /finite weights/],
  ["… below 0", together("--weights=-1,2"), 2, /none below 0/],
  ["… all 0", together("--weights", "0,0"), 2, /one above/],
  ["an ensemble's file with NaN", ask("--labels", "cat,dog", "--model", "./nan.json"), 2, /nan\.json/],
  ["… with words for weights", ask("--labels", "cat,dog", "--model", "./text.json"), 2, /text\.json/],
];

export async function* hostile() {
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-hostile-"));
  try {
    lay(folder);
    await damaged(folder);
    for (const [goal, args, expected, words] of CASES) {
      const { code, stdout, stderr } = await start(args, { cwd: folder, home: join(folder, "home") }).done;
      const told = stderr
        .trimEnd()
        .split("\n")
        .filter((line) => line !== "");
      const wrong = [
        code !== expected && `exit code ${code}`,
        STACK.test(stderr) && "a stack",
        !words.test(`${stdout}${stderr}`) && "not what is wrong",
        !told.every((line) => SENTENCE.test(line)) && "more than sentences",
        code !== 0 && told.filter((line) => line.startsWith("error: ")).length !== 1 && "not one error",
        code !== 0 && stdout !== "" && "an answer beside the error",
      ].filter(Boolean);
      const said = told[0] ?? stdout.trim().split("\n")[0];
      yield {
        goal: `hostile: ${goal}`,
        asked: `exit ${expected}, sentences`,
        measured:
          wrong.length > 0
            ? `${wrong.join(", ")}: ${stderr.slice(0, 200)}`
            : `exit ${code}: ${said.slice(0, 90)}`,
        met: wrong.length === 0,
      };
    }
    const kept = readFileSync(join(folder, "kept.json"), "utf8");
    yield {
      goal: "hostile: a file that was there before commands that failed",
      asked: "as it was",
      measured: kept.trim().slice(0, 40),
      met: kept === "what was here before\n",
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
