import { expect, test } from "vitest";
import { ClipError } from "../../src/errors.js";
import type { ModelManifest } from "../../src/models/manifest.js";
import type { ModelHandle } from "../../src/models/plan.js";
import { towersOf } from "../../src/models/towers.js";
import type { Session } from "../../src/runtime/session.js";

const manifest = {
  name: "tiny",
  image: { file: "image.onnx" },
  text: { file: "text.onnx" },
} as unknown as ModelManifest;
const answer = { data: Float32Array.of(1), dims: [1] };

/** A model whose files under `bad/` are refused, and what was done with it. */
function model(folder: string, again = "good", discard = true) {
  const opened: string[] = [];
  const did: string[] = [];
  const handle = (at: string): ModelHandle => ({
    folder: at,
    manifest,
    ...(discard ? { discard: async () => void did.push("discard") } : {}),
  });
  const open = async (file: string): Promise<Session> => {
    opened.push(file);
    if (file.startsWith("bad")) throw new ClipError("runtime.open", `refused ${file}`);
    return {
      device: "cpu",
      inputs: [],
      outputs: [],
      run: async () => answer,
      runAll: async () => [answer],
      async [Symbol.asyncDispose]() {
        did.push(`close ${file}`);
      },
    };
  };
  const towers = towersOf(handle(folder), {
    open,
    again: async () => {
      did.push("again");
      return handle(again);
    },
    onRebuilt: (name) => did.push(`rebuilt ${name}`),
  });
  return { towers, opened, did };
}

test("each tower is opened once, when it is first used", async () => {
  const { towers, opened, did } = model("good");
  expect(opened).toEqual([]);
  towers.image.warm();
  expect(await Promise.all([towers.image.run({}, "y"), towers.image.run({}, "y")])).toEqual([answer, answer]);
  expect(opened).toEqual(["good/image.onnx"]);
  await towers.image[Symbol.asyncDispose]();
  await towers.text[Symbol.asyncDispose]();
  expect(did).toEqual(["close good/image.onnx"]);
  for (const tower of [towers.image, towers.text])
    await expect(tower.run({}, "y")).rejects.toMatchObject({ code: "runtime.closed" });
});

test("a compiled form that is refused is made anew once for both, by the first use", async () => {
  const { towers, opened, did } = model("bad");
  await Promise.all([towers.image.run({}, "y"), towers.text.run({}, "y")]);
  expect(did).toEqual(["discard", "rebuilt tiny", "again"]);
  expect(opened.slice(2).sort()).toEqual(["good/image.onnx", "good/text.onnx"]);
});

test("a form that is refused again, and one that can't be made anew, are errors of every use", async () => {
  for (const { towers, did } of [model("bad", "bad again"), model("bad", "good", false)]) {
    towers.text.warm();
    for (let use = 0; use < 2; use++)
      await expect(towers.text.run({}, "y")).rejects.toMatchObject({ code: "runtime.open" });
    expect(did.filter((what) => what === "discard").length).toBeLessThan(2);
    await towers.text[Symbol.asyncDispose]();
  }
});

test("a tower whose thread ended is opened anew by the next use, whoever saw it end", async () => {
  const { towers, opened, did } = model("good");
  const { image } = towers;
  const session = await image.open();
  Object.assign(session, {
    run: async () => {
      throw new ClipError("runtime.thread", "ended");
    },
  });
  const results = await Promise.allSettled([image.run({}, "y"), image.run({}, "y")]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(did).toEqual(["close good/image.onnx"]);
  expect(await image.run({}, "y")).toEqual(answer);
  expect(opened).toEqual(["good/image.onnx", "good/image.onnx"]);
});
