import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Walk } from "../../../src/search/ingest/walk.js";
import { picture, scene } from "./scene.js";

/** What a walk finds: paths below the folder, and codes of what can't be looked at. */
async function walk(folder: string, videos = true) {
  const found: string[] = [];
  const failed: [string, string, boolean][] = [];
  for await (const item of new Walk({ videos }).files(folder)) {
    const name = item.path.replace(`${folder}/`, "");
    if ("error" in item) failed.push([name, item.error.code, item.hides]);
    else found.push(name);
  }
  return { found: found.sort(), failed: failed.sort() };
}

it("finds pictures and videos by their endings, and nothing hidden", async () => {
  using place = await scene();
  const names = [
    "a.jpg",
    "b.JPEG",
    "deep/c.Png",
    "deep/er/d.webp",
    "e.mp4",
    "f.pdf",
    "g.zip",
    "h",
    "i.jpg.txt",
  ];
  for (const name of [...names, ".hidden.jpg", ".hidden/a.jpg", "deep/.trash/b.jpg"])
    await place.write(name, "x");
  expect(await walk(place.folder)).toEqual({
    found: ["a.jpg", "b.JPEG", "deep/c.Png", "deep/er/d.webp", "e.mp4"],
    failed: [],
  });
  expect((await walk(place.folder, false)).found).not.toContain("e.mp4");
  expect((await walk(join(place.folder, "a.jpg"))).found).toEqual([join(place.folder, "a.jpg")]);
});

it("leaves out what .zeroclipignore names, as git would", async () => {
  using place = await scene();
  const names = [
    "a.jpg",
    "b.jpg",
    "raw/a.jpg",
    "raw/keep/a.jpg",
    "x/raw.jpg",
    "x/c.jpg",
    "x/d.jpg",
    "x/y/c.jpg",
    "n/B.jpg",
  ];
  for (const name of names) await place.write(name, "x");
  await place.write(".zeroclipignore", "# comment\n/b.jpg\nraw/\n*.tmp\nc.jpg\n");
  await place.write("x/.zeroclipignore", "!c.jpg\n/d.jpg\n");
  expect((await walk(place.folder)).found).toEqual(["a.jpg", "n/B.jpg", "x/c.jpg", "x/raw.jpg", "x/y/c.jpg"]);
  await place.write(".zeroclipignore", `${"a".repeat(300 * 1024)}\n`);
  expect((await walk(place.folder)).failed).toEqual([[place.folder, "search.ignore", false]]);
});

it("drops rows of what is ignored from now on", async () => {
  using place = await scene();
  for (const [i, name] of ["a.png", "raw/b.png"].entries()) await place.write(name, await picture(i));
  await place.index();
  await place.write(".zeroclipignore", "raw\n");
  expect(await place.index()).toMatchObject({ found: 1, removed: 1 });
  expect(await place.rows()).toEqual(["a.png"]);
});

it("follows links, but in no circle and to no folder twice", async () => {
  using place = await scene();
  using elsewhere = await scene();
  await elsewhere.write("far/a.jpg", "x");
  await place.write("real/b.jpg", "x");
  const at = (name: string): string => join(place.folder, name);
  symlinkSync(place.folder, at("real/circle"));
  symlinkSync(at("real"), at("a-name-before-real"));
  symlinkSync(join(elsewhere.folder, "far"), at("far"));
  symlinkSync(elsewhere.folder, at("outside"));
  symlinkSync(place.folder, join(elsewhere.folder, "far", "back"));
  symlinkSync(at("real/b.jpg"), at("link.jpg"));
  symlinkSync(at("loop.jpg"), at("loop.jpg"));
  symlinkSync("/nowhere/at/all.jpg", at("gone.jpg"));
  const { found, failed } = await walk(place.folder);
  expect(found.filter((name) => !/^(far|outside)\//.test(name))).toEqual(["link.jpg", "real/b.jpg"]);
  expect(found.filter((name) => name.endsWith("a.jpg"))).toHaveLength(1);
  expect(failed).toEqual([
    ["gone.jpg", "input.file", true],
    ["loop.jpg", "input.file", true],
  ]);
});

it("names what is no text escaped, and takes all that is", async () => {
  using place = await scene();
  const names = [
    "new\nline.jpg",
    "tab\t.jpg",
    "\u202egpj.exe.jpg",
    "ü – 猫.jpg",
    "'quote\"\\.jpg",
    "-rf.jpg",
    "%00.jpg",
  ];
  for (const name of names) await place.write(name, "x");
  writeFileSync(
    Buffer.concat([Buffer.from(`${place.folder}/bad-`), Buffer.from([0xff, 0xfe]), Buffer.from(".jpg")]),
    "x",
  );
  mkdirSync(Buffer.concat([Buffer.from(`${place.folder}/folder-`), Buffer.from([0xe9])]));
  const { found, failed } = await walk(place.folder);
  expect(found).toEqual([...names].sort());
  expect(failed).toEqual([
    ["bad-\\xff\\xfe.jpg", "search.name", false],
    ["folder-\\xe9", "search.name", false],
  ]);
});

it("keeps rows behind what can't be looked at", async () => {
  using place = await scene();
  using share = await scene();
  for (const [i, name] of ["a.png", "b.png"].entries()) await share.write(name, await picture(i));
  await place.write("own.png", await picture(9));
  await place.write("gone.png", await picture(8));
  const link = join(place.folder, "share");
  symlinkSync(share.folder, link);
  expect(await place.index()).toMatchObject({ added: 4 });
  rmSync(join(place.folder, "gone.png"));
  rmSync(link);
  symlinkSync(join(share.folder, "not", "mounted"), link);
  expect(await place.index()).toMatchObject({ found: 1, removed: 1, kept: 2, failed: 1 });
  expect(await place.rows()).toEqual(["own.png", "share/a.png", "share/b.png"]);
});

// The superuser may read everything.
it.skipIf(process.getuid?.() === 0)("tells of folders that may not be read", async () => {
  using place = await scene();
  await place.write("closed/a.jpg", "x");
  chmodSync(join(place.folder, "closed"), 0);
  expect((await walk(place.folder)).failed).toEqual([["closed", "input.file", true]]);
  chmodSync(join(place.folder, "closed"), 0o700);
});

it("stops in the middle of a large tree", async () => {
  using place = await scene();
  for (let i = 0; i < 50; i++) await place.write(`${i}/a.jpg`, "x");
  const abort = new AbortController();
  const seen: string[] = [];
  const walking = (async () => {
    for await (const { path } of new Walk({ videos: true, signal: abort.signal }).files(place.folder)) {
      if (seen.push(path) === 3) abort.abort();
    }
  })();
  await expect(walking).rejects.toMatchObject({ code: "aborted" });
  expect(seen.length).toBeLessThan(50);
});
