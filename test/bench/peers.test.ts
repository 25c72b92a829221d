import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { PEER_NAMES, setUpPeers } from "../../src/bench/peers.js";

let home: string;
let notes: string[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "zeroclip-peers-"));
  notes = [];
  // As if npm had been here: no test may need the network.
  const installed = join(home, "bench/peers/node/node_modules/@huggingface/transformers");
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, "package.json"), "{}");
});
afterEach(() => rmSync(home, { recursive: true }));

/** A Python that makes each form as an empty folder and writes down what it was asked; `fails` is the step it can't do. */
function fakePython(fails = ""): { python: string; asked: () => string[] } {
  const python = join(home, "python.sh");
  const log = join(home, "asked");
  writeFileSync(
    python,
    `#!/bin/sh
echo "$2" >> "${log}"
if [ "$2" = "${fails}" ]; then echo "warning" >&2; echo "ImportError: no module named nncf" >&2; exit 1; fi
if [ "$2" = weights ]; then echo weights > "$3/model.pt"; else mkdir "$3/$2"; fi
`,
  );
  chmodSync(python, 0o755);
  return { python, asked: () => readFileSync(log, "utf8").trim().split("\n") };
}

const instructions = ["AVX-512", "AVX-512 bf16", "AVX2"];
const options = { pictures: ["a.jpg"], instructions, onNote: (note: string) => notes.push(note) };

it("makes every form once, says what it makes, and uses it again", async () => {
  const { python, asked } = fakePython();
  const peers = await setUpPeers({ ...options, home, python });
  expect(peers.missing).toEqual([]);
  expect(peers.contenders.map(({ name }) => name)).toEqual(PEER_NAMES);
  expect(asked()).toEqual(["weights", "huggingface", "plain", "openvino"]);
  expect(notes).toHaveLength(4);
  expect(notes[0]).toMatch(/seeded weights of ViT-B-32 .* GB/);
  expect(existsSync(peers.checkpoint)).toBe(true);

  const again = await setUpPeers({ ...options, home, python });
  expect(again).toEqual(peers);
  expect(asked()).toHaveLength(4);
});

it("hands every peer the same weights and threads", async () => {
  const { python } = fakePython();
  const { contenders } = await setUpPeers({ ...options, home, python, threads: 2 });
  expect(new Set(contenders.map(({ spec }) => spec.weights)).size).toBe(1);
  expect(new Set(contenders.map(({ spec }) => spec.threads))).toEqual(new Set([2]));
});

it("tells which peer can't be set up and why, and keeps the others", async () => {
  const { python } = fakePython("openvino");
  const { contenders, missing } = await setUpPeers({ ...options, home, python });
  expect(missing).toHaveLength(1);
  expect(missing[0]).toMatch(/^OpenVINO NNCF int8: .* failed: ImportError: no module named nncf$/);
  expect(contenders).toHaveLength(PEER_NAMES.length - 1);
});

it("leaves PyTorch's bf16 out where the processor has no instructions for it, and says so", async () => {
  const { python } = fakePython();
  const without = { ...options, instructions: ["AVX2", "FMA"], home, python };
  const { contenders, missing } = await setUpPeers(without);
  expect(contenders.map(({ name }) => name)).toEqual(
    PEER_NAMES.filter((name) => !/^PyTorch.*bf16/.test(name)),
  );
  expect(missing).toEqual([]);
  expect(notes).toContain(
    "PyTorch eager bf16 (open_clip) is left out: this processor has no instructions for bf16.",
  );
});

it("measures a checkpoint of the person's with its own forms", async () => {
  const { python, asked } = fakePython();
  const checkpoint = join(home, "mine.pt");
  writeFileSync(checkpoint, "weights");
  const one = await setUpPeers({ ...options, home, python, checkpoint }, ["OpenVINO f32"]);
  expect(one.checkpoint).toBe(checkpoint);
  expect(asked()).toEqual(["plain"]);
  // Another file under the same name is another checkpoint.
  writeFileSync(checkpoint, "other weights");
  await setUpPeers({ ...options, home, python, checkpoint }, ["OpenVINO f32"]);
  expect(asked()).toEqual(["plain", "plain"]);
});

it("says that Python is needed where there is none", async () => {
  const python = join(home, "no-python");
  await expect(setUpPeers({ ...options, home, python })).rejects.toMatchObject({ code: "bench.peer" });
});
