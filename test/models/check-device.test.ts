import { expect, test } from "vitest";
import { checkDevice } from "../../src/models/check-device.js";
import { openSession, type Session } from "../../src/runtime/session.js";

/** The CPU under another name, whose results are multiplied by `factor`. */
async function deviceWith(factor: number, file: string): Promise<Session> {
  const session = await openSession(file, { threads: 1 });
  return {
    device: "webgpu",
    inputs: session.inputs,
    outputs: session.outputs,
    runAll: session.runAll.bind(session),
    run: async (feeds, output) => {
      const { data, dims } = await session.run(feeds, output);
      return { data: data.map((value) => factor * value), dims };
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

const check = (half: boolean, factor: number): Promise<void> =>
  checkDevice({ half, device: "webgpu", open: (file) => deviceWith(factor, file) });

test("a device that computes as the CPU does but for rounding passes, in both precisions", async () => {
  await check(false, 1);
  await check(true, 1);
  await check(false, 1.01);
});

test("one that computes something else is named in one sentence", async () => {
  const sentence =
    "Expected webgpu to compute what the CPU does but its attention is off by 10 %: its driver can't be trusted, use --device cpu.";
  await expect(check(false, 0.9)).rejects.toMatchObject({ code: "runtime.device", message: sentence });
  await expect(check(true, Number.NaN)).rejects.toThrow(/its attention is no number/);
});
