import { expect, it } from "vitest";
import { System } from "../../src/bench/system.js";
import { fake } from "./fake.js";

it("asks, whatever else the process prints", async () => {
  await using system = new System(fake("peer", { ms: 3 }));
  expect(await system.ask({ do: "load", spec: { ms: 3 } })).toMatchObject({
    size: 8,
    versions: { fake: "1.0" },
  });
  expect(await system.ask({ do: "images", batch: 4, forMs: 0 })).toMatchObject({ ms: 12, items: 4 });
});

it("turns a refusal into one sentence and goes on", async () => {
  await using system = new System(fake("peer"));
  await system.ask({ do: "load", spec: { refuses: "facts" } });
  await expect(system.ask({ do: "facts" })).rejects.toThrow("peer: no such thing here");
  expect(await system.ask({ do: "features", count: 1 })).toEqual({ id: 3, rows: [[1, 0]] });
});

it("tells a dead process's last words, to this request and to every later one", async () => {
  await using system = new System(fake("peer"));
  await system.ask({ do: "load", spec: { dies: "features" } });
  const dead = /peer ended \(exit code 3\): out of luck/;
  await expect(system.ask({ do: "features", count: 1 })).rejects.toThrow(dead);
  await expect(system.ask({ do: "facts" })).rejects.toThrow(dead);
});

it("tells that a program is not there", async () => {
  await using system = new System({ name: "peer", command: "/nowhere/program", args: [] });
  await expect(system.ask({ do: "facts" })).rejects.toMatchObject({
    code: "bench.peer",
    message: expect.stringMatching(/ENOENT/),
  });
});

it("ends a process that hangs when the signal fires", async () => {
  await using system = new System(fake("peer"));
  await system.ask({ do: "load", spec: { hangs: "facts" } });
  const abort = new AbortController();
  const waiting = system.ask({ do: "facts" }, abort.signal);
  abort.abort();
  await expect(waiting).rejects.toThrow(/was stopped/);
});
