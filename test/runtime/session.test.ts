import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import { add } from "../../src/graph/ops.js";
import { writeTower } from "../../src/models/write-tower.js";
import { listDevices } from "../../src/runtime/devices.js";
import { deviceOf, openSession, type SessionOptions } from "../../src/runtime/session.js";

let folder = "";
let file = "";
const two = { x: { type: "float32", data: Float32Array.of(1, 2), dims: [2] } } as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zeroclip-session-"));
  file = join(folder, "double.onnx");
  const g = new GraphBuilder("double");
  const x = g.input("x", "f32", ["n"]);
  g.output(add(g, x, x), "y", ["n"]);
  await writeTower(folder, "double", g.finish());
});
afterAll(() => rm(folder, { recursive: true }));

const everyOption: SessionOptions[] = [
  {},
  { device: "cpu", threads: 2 },
  { arena: false, spinning: false },
  { graphOptimization: "disabled" },
  { graphOptimization: "extended", threads: 1 },
];

test.each(everyOption)("computes with %o", async (options) => {
  await using session = await openSession(file, options);
  expect(session.device).toBe("cpu");
  expect(session.inputs).toMatchObject([{ name: "x", type: "float32", shape: ["n"] }]);
  expect(session.outputs).toEqual(["y"]);
  expect(await session.run(two, "y")).toEqual({ data: Float32Array.of(2, 4), dims: [2] });
});

test("runs that are asked for at once are all answered", async () => {
  await using session = await openSession(file);
  const results = await Promise.all([1, 2, 3].map(() => session.run(two, "y")));
  expect(results.map((result) => [...result.data])).toEqual([
    [2, 4],
    [2, 4],
    [2, 4],
  ]);
});

test("wrong feeds and outputs are errors in one sentence", async () => {
  await using session = await openSession(file);
  await expect(session.run({}, "y")).rejects.toMatchObject({
    code: "runtime.run",
    message: expect.stringContaining("x"),
  });
  const flat = { x: { type: "int32", data: Int32Array.of(1), dims: [1] } } as const;
  await expect(session.run(flat, "y")).rejects.toMatchObject({ code: "runtime.run" });
  const short = { x: { type: "float32", data: Float32Array.of(1), dims: [2] } } as const;
  await expect(session.run(short, "y")).rejects.toMatchObject({ code: "runtime.run" });
  await expect(session.run(two, "z")).rejects.toMatchObject({ code: "runtime.run" });
});

test("a closed session says so, and closing twice does nothing", async () => {
  const session = await openSession(file);
  await session[Symbol.asyncDispose]();
  await session[Symbol.asyncDispose]();
  await expect(session.run(two, "y")).rejects.toMatchObject({ code: "runtime.closed" });
});

test("closing waits for a run that was begun", async () => {
  const session = await openSession(file);
  const running = session.run(two, "y");
  await session[Symbol.asyncDispose]();
  expect([...(await running).data]).toEqual([2, 4]);
});

test("a file that is no graph, and one that is not there", async () => {
  const junk = join(folder, "junk.onnx");
  await writeFile(junk, "not a graph");
  await expect(openSession(junk)).rejects.toMatchObject({
    code: "runtime.open",
    message: expect.stringContaining(junk),
  });
  await expect(openSession(join(folder, "none"))).rejects.toMatchObject({ code: "runtime.open" });
});

test.each([0, 1.5, 100_000])("%d threads are refused", async (threads) => {
  await expect(openSession(file, { threads })).rejects.toMatchObject({ code: "runtime.options" });
});

test.each([
  [{}, "cpu"],
  [{ device: "auto" }, "cpu"],
  [{ device: "webgpu", threads: 4 }, "webgpu"],
] as const)("a session of %o runs on %s", (options, device) => {
  expect(deviceOf(options)).toBe(device);
});

test("weights that are not rearranged give the same numbers", async () => {
  await using session = await openSession(file, { prepacking: false });
  expect([...(await session.run(two, "y")).data]).toEqual([2, 4]);
});

test("no device is tried that nobody asked for: WebGPU writes to stderr where there is no Vulkan", async () => {
  expect((await listDevices(["cpu"])).map(({ name }) => name)).toEqual(["cpu"]);
});

test("devices: the CPU is there, and one that is not is refused with the list of those that are", async () => {
  const devices = await listDevices();
  expect(devices.map((device) => device.name)).toEqual(["cpu", "webgpu", "cuda"]);
  expect(devices[0]).toEqual({ name: "cpu", available: true });
  for (const { name, available, reason } of devices) {
    if (available) {
      await using session = await openSession(file, { device: name });
      expect(session.device).toBe(name);
    } else {
      expect(reason).not.toBe("");
      const tried = devices.filter((device) => name === "webgpu" || device.name !== "webgpu");
      const there = tried.filter((device) => device.available).map((device) => device.name);
      const message = expect.stringContaining(`(${there.join(", ")}) but received "${name}"`);
      await expect(openSession(file, { device: name })).rejects.toMatchObject({
        code: "runtime.device",
        message,
      });
    }
  }
});

test("what a device lacks is said in one sentence", async () => {
  const [, , cuda] = await listDevices();
  if (cuda?.available) return;
  await expect(openSession(file, { device: "cuda" })).rejects.toMatchObject({
    message: expect.stringMatching(
      /^Expected .* \(it needs ONNX Runtime's CUDA part, which docs\/runtime\.md/,
    ),
  });
});
