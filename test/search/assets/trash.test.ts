import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findDuplicates } from "../../../src/search/assets/duplicates.js";
import { listBatches, readJournal } from "../../../src/search/assets/journal.js";
import { moveFile } from "../../../src/search/assets/move.js";
import { trashDuplicates, undoTrash } from "../../../src/search/assets/trash.js";
import { row, storeOf } from "./rows.js";

let folder: string;
let trash: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-trash-"));
  trash = join(folder, "trash");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** A store whose rows are the given files, as they are now. */
async function indexed(...paths: readonly string[]) {
  return storeOf(
    paths.map((path, i) => {
      const hash = createHash("sha256").update(readFileSync(path)).digest("hex");
      return row(path, [1, 0, 0, 0.01 * i], {
        hash,
        width: 100 - i,
        labels: ["x"],
        thumbnail: Uint8Array.of(1, 2),
      });
    }),
  );
}

/** Three copies and one of their own, of which two are moved. */
async function moved() {
  const paths = ["a/cat.jpg", "b/cat.jpg", "c/cat.jpg"].map((name) => file(name, "cat"));
  const store = await indexed(...paths, file("dog.jpg", "dog"));
  const result = await trashDuplicates(store, await findDuplicates(store), { trash });
  return { paths, store, result };
}

describe("trashDuplicates", () => {
  it("moves all but the best copy, keeps their bytes, and takes their rows out", async () => {
    const { paths, store, result } = await moved();
    expect(result.moved.map(({ from }) => from)).toEqual(paths.slice(1));
    expect(result.refused).toEqual([]);
    expect(paths.map((path) => existsSync(path))).toEqual([true, false, false]);
    for (const { to } of result.moved) expect(readFileSync(to, "utf8")).toBe("cat");
    expect(await store.count()).toBe(2);
    expect(readFileSync(join(trash, ".zeroclipignore"), "utf8")).toBe("**\n");
  });

  it("takes a sidecar along", async () => {
    const paths = ["a.jpg", "b.jpg"].map((name) => file(name, "cat"));
    file("b.jpg.xmp", "words");
    const store = await indexed(...paths);
    await trashDuplicates(store, await findDuplicates(store), { trash });
    expect(existsSync(join(folder, "b.jpg.xmp"))).toBe(false);
    await undoTrash(store, trash);
    expect(readFileSync(join(folder, "b.jpg.xmp"), "utf8")).toBe("words");
  });

  it("refuses what is not as it was indexed: changed, gone, a link, or its best copy is", async () => {
    const [best, other] = [file("a.jpg", "cat"), file("b.jpg", "cat")];
    const store = await indexed(best, other);
    const groups = await findDuplicates(store);
    const refused = async (): Promise<string[]> => {
      const result = await trashDuplicates(store, groups, { trash });
      expect(result).toMatchObject({ moved: [] });
      expect(result.batch).toBeUndefined();
      return result.refused.map(({ error }) => error.message);
    };
    writeFileSync(other, "another");
    expect(await refused()).toEqual([expect.stringContaining("it has changed since")]);
    rmSync(other);
    expect(await refused()).toEqual([expect.stringContaining("it is not there")]);
    symlinkSync(best, other);
    expect(await refused()).toEqual([expect.stringContaining("it is a link")]);
    rmSync(best);
    expect(await refused()).toEqual([expect.stringMatching(/the copy to keep, .*a\.jpg, is not/)]);
    expect(existsSync(trash)).toBe(false);
  });

  it("says in one sentence that the trash can't be written", async () => {
    const store = await indexed(...["a.jpg", "b.jpg"].map((name) => file(name, "cat")));
    const groups = await findDuplicates(store);
    await expect(trashDuplicates(store, groups, { trash: file("full", "") })).rejects.toMatchObject({
      code: "search.trash",
      message: expect.stringMatching(
        /^Expected to write .*full.* but can't: a part of its path is a file\.$/,
      ),
    });
  });

  it("has written the journal before anything moves", async () => {
    const paths = ["a.jpg", "b.jpg"].map((name) => file(name, "cat"));
    const store = await indexed(...paths);
    const groups = await findDuplicates(store);
    // A file in the place of the batch's folder of files can't be: the rows are removed last, so that a store that fails shows the state.
    store.remove = () => Promise.reject(new Error("gone"));
    await expect(trashDuplicates(store, groups, { trash })).rejects.toThrow("gone");
    const [id] = await listBatches(trash);
    const { moves } = await readJournal(join(trash, id!));
    expect(moves.map(({ from }) => from)).toEqual([paths[1]]);
    await undoTrash(store, trash);
    expect(readFileSync(paths[1]!, "utf8")).toBe("cat");
  });
});

describe("undoTrash", () => {
  it("puts files and rows back as they were, and takes the batch away", async () => {
    const { paths, store } = await moved();
    const before = await store.get([row(paths[0]!).id], ["vector"]);
    const { restored, refused } = await undoTrash(store, trash);
    expect(restored.map(({ to }) => to)).toEqual(paths.slice(1));
    expect(refused).toEqual([]);
    expect(paths.every((path) => readFileSync(path, "utf8") === "cat")).toBe(true);
    const [found] = await store.get([row(paths[1]!).id], ["path", "labels", "thumbnail", "vector"]);
    expect(found).toMatchObject({ path: paths[1], labels: ["x"], thumbnail: Uint8Array.of(1, 2) });
    expect(found!.vector).toHaveLength(before[0]!.vector.length);
    expect(await listBatches(trash)).toEqual([]);
  });

  it("writes over nothing that is there by now", async () => {
    const { paths, store } = await moved();
    writeFileSync(paths[1]!, "new");
    const { restored } = await undoTrash(store, trash);
    const beside = join(folder, "b", "cat (restored).jpg");
    expect(restored.map(({ to }) => to)).toEqual([beside, paths[2]]);
    expect(readFileSync(paths[1]!, "utf8")).toBe("new");
    expect(readFileSync(beside, "utf8")).toBe("cat");
    expect((await store.get([row(beside).id]))[0]).toMatchObject({ path: beside });
  });

  it("gives a sidecar to its picture also where that has another name by now, and to no stranger", async () => {
    const paths = ["a/cat.jpg", "b/cat.jpg"].map((name) => file(name, "cat"));
    file("b/cat.jpg.xmp", "words");
    const store = await indexed(...paths);
    const { moved } = await trashDuplicates(store, await findDuplicates(store), { trash });
    writeFileSync(paths[1]!, "a stranger");
    const beside = join(folder, "b", "cat (restored).jpg");
    // As if the process had ended between the picture and its sidecar.
    await moveFile(moved[0]!.to, beside);
    const { restored, refused } = await undoTrash(store, trash);
    expect({ restored: restored.map(({ to }) => to), refused }).toEqual({
      restored: [`${beside}.xmp`],
      refused: [],
    });
    expect(readFileSync(`${beside}.xmp`, "utf8")).toBe("words");
    expect(existsSync(`${paths[1]}.xmp`)).toBe(false);
    expect((await store.get([row(beside).id]))[0]).toMatchObject({ path: beside });
    // And in one go.
    rmSync(paths[1]!);
    file("b/cat (restored).jpg", "cat");
    const again = await trashDuplicates(store, await findDuplicates(store), { trash });
    expect(again.moved).toHaveLength(2);
    writeFileSync(beside, "a stranger");
    expect((await undoTrash(store, trash)).restored.map(({ to }) => to)).toEqual([
      join(folder, "b", "cat (restored) (restored).jpg"),
      join(folder, "b", "cat (restored) (restored).jpg.xmp"),
    ]);
  });

  it("finishes what was ended in the middle, of moving and of undoing", async () => {
    const { paths, store, result } = await moved();
    // As if the process had ended: one file was put back but not its row, and one was never moved.
    await moveFile(result.moved[0]!.to, paths[1]!);
    const { restored, refused } = await undoTrash(store, trash, result.batch);
    expect({ restored: restored.length, refused }).toEqual({ restored: 1, refused: [] });
    expect(await store.count()).toBe(4);
  });

  it.each([[undefined], ["20260101T000000000Z-abcdef"]])("says what there is where %s is not", async (id) => {
    await expect(undoTrash(undefined, trash, id)).rejects.toMatchObject({ code: "search.trash" });
  });
});

describe("moveFile", () => {
  it("moves to another file system with bytes and times, and never over a file", async () => {
    const [from, shm] = [file("a.jpg", "cat"), "/dev/shm"];
    utimesSync(from, 1000, 2000);
    const other = existsSync(shm) ? mkdtempSync(join(shm, "zeroclip-")) : join(folder, "other");
    try {
      const to = join(other, "deep", "a.jpg");
      await moveFile(from, to);
      expect(existsSync(from)).toBe(false);
      expect(readFileSync(to, "utf8")).toBe("cat");
      expect(statSync(to).mtimeMs).toBe(2_000_000);
      const taken = file("b.jpg", "dog");
      await expect(moveFile(taken, to)).rejects.toMatchObject({ code: "EEXIST" });
      expect([readFileSync(taken, "utf8"), readFileSync(to, "utf8")]).toEqual(["dog", "cat"]);
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });
});
