import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import { add, multiply } from "../../src/graph/ops.js";
import { writeTower } from "../../src/models/write-tower.js";
import { openSession } from "../../src/runtime/session.js";
import { openThreadedSession } from "../../src/runtime/threaded.js";

let folder = "";
let file = "";
const vector = (...values: number[]) =>
  ({ type: "float32", data: Float32Array.from(values), dims: [values.length] }) as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zeroclip-threaded-"));
  file = join(folder, "two.onnx");
  const g = new GraphBuilder("two");
  const x = g.input("x", "f32", ["n"]);
  g.output(add(g, x, x), "double", ["n"]);
  g.output(multiply(g, x, x), "square", ["n"]);
  await writeTower(folder, "two", g.finish());
});
afterAll(() => rm(folder, { recursive: true }));

test("says and computes what a session on this thread does", async () => {
  await using here = await openSession(file);
  await using there = await openThreadedSession(file);
  const facts = ({ device, inputs, outputs }: typeof here) => ({ device, inputs, outputs });
  expect(facts(there)).toEqual(facts(here));
  for (const session of [here, there]) {
    expect(await session.run({ x: vector(1, 2, 3) }, "square")).toEqual({
      data: Float32Array.of(1, 4, 9),
      dims: [3],
    });
    const both = await session.runAll({ x: vector(1, 2) }, ["square", "double"]);
    expect(both.map(({ data }) => [...data])).toEqual([
      [1, 4],
      [2, 4],
    ]);
  }
});

test("gives a real tower's features to the last bit, while timers go on", async () => {
  const tower = fileURLToPath(new URL("../../starter/image.onnx", import.meta.url));
  await using here = await openSession(tower, { threads: 1 });
  await using there = await openThreadedSession(tower, { threads: 1 });
  const [{ name } = { name: "" }] = here.inputs;
  const data = Uint8Array.from({ length: 2 * 260 * 260 * 3 }, (_, i) => (i * 7919) % 251);
  const feeds = { [name]: { type: "uint8", data, dims: [2, 260, 260, 3] } } as const;
  const [expected] = await here.runAll(feeds, here.outputs);
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
  }, 1);
  const [features] = await there.runAll(feeds, there.outputs);
  clearInterval(timer);
  expect(Buffer.compare(Buffer.from(features!.data.buffer), Buffer.from(expected!.data.buffer))).toBe(0);
  expect(features!.dims).toEqual(expected!.dims);
  expect(ticks).toBeGreaterThan(0);
});

test("runs that are asked for at once are all answered", async () => {
  await using session = await openThreadedSession(file);
  const runs = [1, 2, 3].map((value) => session.run({ x: vector(value) }, "double"));
  expect((await Promise.all(runs)).map(({ data }) => [...data])).toEqual([[2], [4], [6]]);
});

test("takes what it is given and copies what it is not", async () => {
  await using session = await openThreadedSession(file);
  const [given, kept] = [vector(3), vector(5)];
  expect([...(await session.run({ x: { ...given, given: true } }, "double")).data]).toEqual([6]);
  expect(given.data.length).toBe(0);
  expect([...(await session.run({ x: kept }, "double")).data]).toEqual([10]);
  expect([...kept.data]).toEqual([5]);
});

test("raises what a session raises, and goes on", async () => {
  await using session = await openThreadedSession(file);
  await expect(session.run({}, "double")).rejects.toMatchObject({ code: "runtime.run" });
  await expect(session.run({ x: vector(1) }, "triple")).rejects.toMatchObject({ code: "runtime.run" });
  expect([...(await session.run({ x: vector(1) }, "double")).data]).toEqual([2]);
  const junk = join(folder, "junk.onnx");
  await writeFile(junk, "no graph");
  await expect(openThreadedSession(junk)).rejects.toMatchObject({ code: "runtime.open" });
  await expect(openThreadedSession(file, { threads: 0 })).rejects.toMatchObject({ code: "runtime.options" });
});

test("closing waits for runs, happens once, and is said", async () => {
  const session = await openThreadedSession(file);
  const running = [1, 2].map((value) => session.run({ x: vector(value) }, "double"));
  await Promise.all([session[Symbol.asyncDispose](), session[Symbol.asyncDispose]()]);
  expect((await Promise.all(running)).map(({ data }) => [...data])).toEqual([[2], [4]]);
  await expect(session.run({ x: vector(1) }, "double")).rejects.toMatchObject({ code: "runtime.closed" });
});

test.each(["missing", "broken"])("is a session on this thread where its program is %s", async (how) => {
  const program = join(folder, `${how}.mjs`);
  if (how === "broken") await writeFile(program, "import 'no-such-package';");
  await using session = await openThreadedSession(file, {}, pathToFileURL(program));
  expect([...(await session.run({ x: vector(4) }, "double")).data]).toEqual([8]);
});
