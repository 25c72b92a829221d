import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  answerCalls,
  programUrl,
  startThread,
  type Thread,
  type ThreadBounds,
} from "../../src/threads/thread.js";

const BUILT = programUrl("threads/thread");
const ERRORS = programUrl("errors");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-threads-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a program that has what it needs at hand. */
function program(name: string, body: string): URL {
  const path = join(folder, `${name}.mjs`);
  const head = `import { answerCalls, startThread } from ${JSON.stringify(BUILT.href)};
import { ClipError } from ${JSON.stringify(ERRORS.href)};
import { setTimeout as sleep } from "node:timers/promises";
import { writeFileSync } from "node:fs";
`;
  writeFileSync(path, head + body);
  return pathToFileURL(path);
}

/** Does what each question says. */
const OBEDIENT = `
let at = 0, most = 0, closedTo;
answerCalls(async (question) => {
  most = Math.max(most, ++at);
  try {
    closedTo = question.closedTo ?? closedTo;
    if (question.ms) await sleep(question.ms);
    if (question.code) throw new ClipError(question.code, "Expected better.");
    if (question.throws) throw new TypeError(question.throws);
    if (question.end !== undefined) process.exit(question.end);
    if (question.later) {
      setTimeout(() => { throw new Error(question.later); }, 1);
      await sleep(10_000);
    }
    if (question.bytes) return { answer: question.bytes, transfer: [question.bytes.buffer] };
    return { answer: question.most ? most : question };
  } finally {
    at -= 1;
  }
}, 2, async () => { if (closedTo) writeFileSync(closedTo, "closed"); });`;

const obedient = (): Thread<object, unknown> => startThread(program("obedient", OBEDIENT));

const ended = expect.objectContaining({ code: "runtime.thread" });

describe("calls", () => {
  it("are answered whichever ends first, at most so many at once", async () => {
    await using thread = obedient();
    const order: number[] = [];
    const calls = [60, 1, 1, 1].map(async (ms, i) => {
      expect(await thread.call({ ms, i })).toEqual({ ms, i });
      order.push(i);
    });
    expect(thread.waiting).toBe(4);
    await Promise.all(calls);
    expect(order.at(-1)).toBe(0);
    expect(thread.waiting).toBe(0);
    expect(await thread.call({ most: true })).toBe(2);
  });

  it("move buffers there and back", async () => {
    await using thread = obedient();
    const bytes = Uint8Array.of(1, 2, 3);
    const back = thread.call({ bytes }, [bytes.buffer]);
    expect(bytes.length).toBe(0);
    expect(await back).toEqual(Uint8Array.of(1, 2, 3));
    const kept = Uint8Array.of(4);
    expect(await thread.call({ bytes: kept })).toEqual(kept);
  });

  it("raise the program's errors, each for itself", async () => {
    await using thread = obedient();
    const [bad, good, strange] = await Promise.allSettled([
      thread.call({ code: "image.truncated" }),
      thread.call({ i: 1 }),
      thread.call({ throws: "no such thing" }),
    ]);
    expect(bad).toMatchObject({ reason: { code: "image.truncated", message: "Expected better." } });
    expect(good).toMatchObject({ value: { i: 1 } });
    expect(strange).toMatchObject({
      reason: { code: "runtime.thread", message: expect.stringContaining("no such thing") },
    });
    expect(thread.alive).toBe(true);
  });
});

describe("a call that is followed", () => {
  /** Counts turns until it is told that nobody waits. */
  const counting = (): Thread<object, unknown> =>
    startThread(
      program(
        "counting",
        `answerCalls(async (question, { signal, note }) => {
          for (let turn = 0; turn !== question.turns; turn++) {
            note({ turn });
            await sleep(1);
            if (signal.aborted) throw new ClipError("aborted", "The operation was aborted.");
          }
          return { answer: question };
        }, 1);`,
      ),
    );

  it("tells what the program notes, in order, and nothing of other calls", async () => {
    await using thread = counting();
    const notes: unknown[] = [];
    const other = thread.call({ turns: 2 });
    expect(await thread.call({ turns: 3 }, [], { onNote: (note) => notes.push(note) })).toEqual({ turns: 3 });
    await other;
    expect(notes).toEqual([{ turn: 0 }, { turn: 1 }, { turn: 2 }]);
  });

  it("ends when nobody waits any more, whether it has begun or not", async () => {
    await using thread = counting();
    const stop = new AbortController();
    const aborted = expect.objectContaining({ code: "aborted" });
    const begun = thread.call({ turns: -1 }, [], { signal: stop.signal, onNote: () => stop.abort() });
    const waiting = thread.call({ turns: -1 }, [], { signal: stop.signal });
    await expect(begun).rejects.toEqual(aborted);
    await expect(waiting).rejects.toEqual(aborted);
    await expect(thread.call({ turns: 1 }, [], { signal: stop.signal })).rejects.toEqual(aborted);
    expect(await thread.call({ turns: 1 })).toEqual({ turns: 1 });
    expect(thread.waiting).toBe(0);
  });
});

describe("a program that ends by itself", () => {
  it.each([
    ["leaves", { end: 3 }, "exit code 3"],
    ["throws where nobody waits", { later: "out of the blue" }, "out of the blue"],
  ])("raises runtime.thread for all that wait: it %s", async (_, question, words) => {
    await using thread = obedient();
    const calls = await Promise.allSettled([
      thread.call({ ms: 10_000 }),
      thread.call(question),
      thread.call({ i: 2 }),
    ]);
    for (const call of calls) {
      expect(call).toMatchObject({
        reason: { code: "runtime.thread", message: expect.stringContaining(words) },
      });
    }
    expect(thread.alive).toBe(false);
    expect(thread.waiting).toBe(0);
    await expect(thread.call({})).rejects.toEqual(ended);
  });

  it.each([
    ["is not there", () => pathToFileURL(join(folder, "missing.mjs"))],
    ["can't be read", () => program("broken", "this is no program")],
    ["never answers", () => program("silent", "")],
  ])("raises it where the file %s", async (_, file) => {
    await using thread = startThread(file());
    await expect(thread.call({})).rejects.toEqual(ended);
    expect(thread.alive).toBe(false);
  });
});

describe("a program that takes more than it may", () => {
  const busy = (body: string, bounds: ThreadBounds): Thread<object, unknown> =>
    startThread(
      program("busy", `answerCalls(async (question) => { ${body}; return { answer: question }; }, 1);`),
      bounds,
    );

  it("is ended in the middle of its call, and takes no other", async () => {
    await using thread = busy("while (question.on);", { mostMs: 300 });
    await expect(thread.call({ on: true })).rejects.toMatchObject({
      code: "runtime.thread",
      message: expect.stringContaining("longer than 300 ms"),
    });
    expect(thread.alive).toBe(false);
    await expect(thread.call({ on: false })).rejects.toEqual(ended);
  });

  it("has no more memory than it is given", async () => {
    await using thread = busy(
      "const kept = []; while (question.on) kept.push({ at: kept.length, more: [kept.length] })",
      {
        heapMb: 16,
      },
    );
    await expect(thread.call({ on: true })).rejects.toMatchObject({
      code: "runtime.thread",
      message: expect.stringContaining("memory"),
    });
  });
});

describe("closing", () => {
  it("waits for calls, lets the program close its things, and happens once", async () => {
    const closedTo = join(folder, "closed");
    const thread = obedient();
    const calls = [50, 20, 1].map((ms) => thread.call({ ms, closedTo }));
    await thread[Symbol.asyncDispose]();
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(Array(3).fill("fulfilled"));
    expect(readFileSync(closedTo, "utf8")).toBe("closed");
    expect(thread.alive).toBe(false);
    await expect(thread.call({})).rejects.toEqual(ended);
    await thread[Symbol.asyncDispose]();
  });

  it("may be asked for twice at once while calls wait", async () => {
    const thread = obedient();
    const call = thread.call({ ms: 30 });
    await Promise.all([thread[Symbol.asyncDispose](), thread[Symbol.asyncDispose]()]);
    expect(await call).toEqual({ ms: 30 });
  });
});

describe("the process", () => {
  /** Runs a script that has `thread`, an obedient one. */
  const run = (name: string, body: string) => {
    program("obedient", OBEDIENT);
    const start = `const thread = startThread(new URL("obedient.mjs", import.meta.url));\n`;
    const script = program(name, start + body);
    return spawnSync(process.execPath, [fileURLToPath(script)], { encoding: "utf8", timeout: 30_000 });
  };

  it("ends although an idle thread is there", () => {
    expect(run("idle", `console.log(await thread.call("answered"));`)).toMatchObject({
      status: 0,
      stdout: "answered\n",
      stderr: "",
    });
    expect(run("unused", "")).toMatchObject({ status: 0, stderr: "" });
  });

  it("stays while a call is open", () => {
    const body = `thread.call({ ms: 200 }).then(({ ms }) => console.log(ms));`;
    expect(run("waiting", body)).toMatchObject({ status: 0, stdout: "200\n", stderr: "" });
  });

  it("that exits waits for the calls that run, and lets no other begin", () => {
    program(
      "slow",
      `answerCalls(async (file) => {
        writeFileSync(file, "begun");
        await sleep(300);
        writeFileSync(file, "done");
        return { answer: file };
      }, 1);`,
    );
    const [first, second] = ["first", "second"].map((name) => join(folder, name));
    const outcome = run(
      "exits",
      `import { existsSync } from "node:fs";
      const slow = startThread(new URL("slow.mjs", import.meta.url));
      slow.call(${JSON.stringify(first)}).catch(() => undefined);
      slow.call(${JSON.stringify(second)}).catch(() => undefined);
      while (!existsSync(${JSON.stringify(first)})) await sleep(5);
      process.exit(7);`,
    );
    expect(outcome).toMatchObject({ status: 7, stdout: "", stderr: "" });
    expect(readFileSync(first!, "utf8")).toBe("done");
    expect(existsSync(second!)).toBe(false);
  });
});

it("answers no calls on the main thread", () => {
  expect(() => answerCalls(async () => ({ answer: 1 }), 1)).toThrowError(ended);
});
