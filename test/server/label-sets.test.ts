import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { etagOf, LabelSetStore } from "../../src/server/label-sets/store.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-sets-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const names = (set: { labels: readonly { name: string }[] }): string[] => set.labels.map(({ name }) => name);

describe("LabelSetStore", () => {
  it("keeps versions on disk; the same labels once more are no new version", async () => {
    const store = await LabelSetStore.open(folder);
    const first = await store.put("shelf", { labels: ["cup", "plate"] });
    expect(first).toMatchObject({ name: "shelf", version: 1, ready: false });
    expect(await store.put("shelf", { labels: ["cup", "plate"] })).toBe(first);
    const second = await store.patch("shelf", {
      add: [{ id: "f", name: "fork", aliases: ["table fork"] }],
      remove: ["cup"],
      description: "on the table",
      none: "f",
    });
    expect(second.version).toBe(2);
    expect(names(second.set)).toEqual(["plate", "fork"]);
    const again = await LabelSetStore.open(folder);
    expect(again.get("shelf")).toMatchObject({ version: 2, hash: second.hash, set: second.set });
    expect(etagOf(again.get("shelf"))).toBe(etagOf(second));
    expect(names((await again.getVersion("shelf", 1)).set)).toEqual(["cup", "plate"]);
    expect(await again.versions("shelf")).toEqual([1, 2]);
    await expect(again.getVersion("shelf", 7)).rejects.toMatchObject({ code: "labels.set" });
    const third = await again.patch("shelf", { replace: [{ id: "f", name: "spoon" }], none: null });
    expect(names(third.set)).toEqual(["plate", "spoon"]);
    expect(third.set.none).toBeUndefined();
  });

  it("takes none of these as a label of its own, as files do", async () => {
    const store = await LabelSetStore.open(folder);
    const none = { name: "nothing", prompts: ["an empty table"] };
    const { set } = await store.put("table", { labels: ["plate"], none });
    expect(names(set)).toEqual(["plate", "nothing"]);
    expect(set.none).toBe("nothing");
  });

  it("changes only the version that is named", async () => {
    const store = await LabelSetStore.open(folder);
    await expect(store.put("a", { labels: ["x", "y"] }, { match: "*" })).rejects.toMatchObject({
      code: "server.version",
    });
    const first = await store.put("a", { labels: ["x", "y"] }, { noneMatch: "*" });
    await expect(store.put("a", { labels: ["z"] }, { noneMatch: "*" })).rejects.toMatchObject({
      code: "server.version",
    });
    const both = await Promise.allSettled([
      store.patch("a", { add: ["p"] }, { match: etagOf(first) }),
      store.patch("a", { add: ["q"] }, { match: etagOf(first) }),
    ]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(names(store.get("a").set)).toEqual(["x", "y", "p"]);
    await expect(store.remove("a", { match: etagOf(first) })).rejects.toMatchObject({
      code: "server.version",
    });
    await store.remove("a");
    expect(() => store.get("a")).toThrow(/no "a"/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ["an id that there is not", { remove: ["nothing"] }, "labels.unknown"],
    ["a label that is there already", { add: ["x"] }, "labels.duplicate"],
    ["nothing left", { remove: ["x", "y"] }, "labels.empty"],
  ])("refuses a change with %s, and stays as it was", async (_, patch, code) => {
    const store = await LabelSetStore.open(folder);
    const first = await store.put("a", { labels: ["x", "y"] });
    await expect(store.patch("a", patch)).rejects.toMatchObject({ code });
    expect(store.get("a")).toBe(first);
  });

  it("of a damaged newest version the one before is taken, and it is told", async () => {
    const store = await LabelSetStore.open(folder);
    await store.put("a", { labels: ["x", "y"] });
    await store.put("a", { labels: ["x", "y", "z"] });
    writeFileSync(join(folder, "a", "v00000002.json"), '{"labels": ["x"');
    mkdirSync(join(folder, "b"));
    const told: string[] = [];
    const again = await LabelSetStore.open(folder, (message) => told.push(message));
    expect(again.get("a").version).toBe(1);
    expect(told).toEqual([expect.stringMatching(/^Version 2 of the label set a is left out: /)]);
    expect(again.list().filter(({ ready }) => !ready)).toHaveLength(1);
  });
});

describe("servers that share a folder", () => {
  it("see what the others changed, and change only the newest version", async () => {
    const [a, b] = [await LabelSetStore.open(folder), await LabelSetStore.open(folder)];
    const first = await a.put("shelf", { labels: ["cup"] });
    expect(() => b.get("shelf")).toThrow(/no "shelf"/);
    await b.refresh();
    expect(b.get("shelf")).toMatchObject({ version: 1, hash: first.hash });
    await b.patch("shelf", { add: ["plate"] });
    // What a has not seen yet is looked at before it changes anything.
    await expect(a.patch("shelf", { add: ["x"] }, { match: etagOf(first) })).rejects.toMatchObject({
      code: "server.version",
    });
    expect(names((await a.patch("shelf", { add: ["fork"] })).set)).toEqual(["cup", "plate", "fork"]);
    await a.remove("shelf");
    await b.refresh();
    expect(() => b.get("shelf")).toThrow(/no "shelf"/);
    // A new one of the same version is another one.
    await a.put("shelf", { labels: ["bowl"] });
    await b.refresh();
    expect(names(b.get("shelf").set)).toEqual(["bowl"]);
    rmSync(folder, { recursive: true });
    await b.refresh();
    expect(names(b.get("shelf").set)).toEqual(["bowl"]);
  });

  it("lose no change where all of them change at once", async () => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => LabelSetStore.open(folder)));
    await stores[0]!.put("shelf", { labels: ["first"] });
    const added = stores.flatMap((store, i) =>
      [0, 1, 2].map((k) => store.patch("shelf", { add: [`label ${i} ${k}`] })),
    );
    const versions = (await Promise.all(added)).map(({ version }) => version);
    expect(new Set(versions).size).toBe(12);
    await stores[3]!.refresh();
    expect(names(stores[3]!.get("shelf").set)).toHaveLength(13);
  });

  it("follow each other by themselves, and tell what is damaged once", async () => {
    const told: string[] = [];
    const [a, b] = [
      await LabelSetStore.open(folder),
      await LabelSetStore.open(folder, (message) => told.push(message)),
    ];
    using _ = b.follow(10);
    await a.put("shelf", { labels: ["cup"] });
    await expect.poll(() => b.list().some(({ name }) => name === "shelf")).toBe(true);
    writeFileSync(join(folder, "shelf", "v00000002.json"), "{");
    await expect.poll(() => told.length).toBe(1);
    expect((await a.put("shelf", { labels: ["cup", "plate"] })).version).toBe(3);
    await expect.poll(() => b.get("shelf").version).toBe(3);
    expect(told).toHaveLength(1);
  });
});

/** A process that changes a set as often as it is allowed to (a byte on stdin each); it says each version that it was told is kept. */
const WRITER = `
import { LabelSetStore } from ${JSON.stringify(join(process.cwd(), "dist/server/label-sets/store.js"))};
const store = await LabelSetStore.open(process.argv[1]);
const start = store.list().some(({ name }) => name === "shelf") ? store.get("shelf").version : 0;
let [may, wake] = [0, () => {}];
process.stdin.on("data", (bytes) => {
  may += bytes.length;
  wake();
});
for (let i = start + 1; i <= 500; i++) {
  while (may-- <= 0) await new Promise((done) => { may = 0; wake = done; });
  const labels = Array.from({ length: 200 }, (_, k) => "label " + i + " " + k);
  const { version } = await store.put("shelf", { labels });
  process.stdout.write(version + "\\n");
}
process.stdin.destroy();
`;

function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => child.on("close", () => done()));
}

it("kill -9 while a set is written 500 times: always a whole version, none that was kept is lost", async () => {
  let newest = 0;
  let kills = 0;
  while (newest < 500) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", WRITER, folder], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.on("error", () => undefined);
    let told = "";
    child.stdout.on("data", (chunk) => {
      told += chunk;
    });
    // After some writes, at whatever place it then is; a few more and no further where the machine is busy.
    const after = 20 + 7 * kills;
    child.stdin.write("x".repeat(kills < 12 ? after + 10 : 500));
    const timer = setInterval(() => {
      if (told.split("\n").length > after && kills < 12) child.kill("SIGKILL");
    }, 1);
    await ended(child);
    clearInterval(timer);
    kills += 1;
    const said = Number(told.trimEnd().split("\n").at(-1) || newest);
    const damaged: string[] = [];
    const store = await LabelSetStore.open(folder, (message) => damaged.push(message));
    const { version, set } = store.get("shelf");
    expect(damaged).toEqual([]);
    expect(version).toBeGreaterThanOrEqual(said);
    expect(version).toBeLessThanOrEqual(said + 1);
    expect(set.labels).toHaveLength(200);
    expect(set.labels.every(({ name }) => name.startsWith(`label ${version} `))).toBe(true);
    expect(readdirSync(join(folder, "shelf")).filter((name) => !/^v\d{8}\.json$/.test(name))).toEqual([]);
    newest = version;
  }
  expect(kills).toBeGreaterThan(8);
});
