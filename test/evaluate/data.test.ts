import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Warning } from "../../src/encoder.js";
import type { LabelledSet } from "../../src/evaluate/data/labelled-set.js";
import { openSet, setNames } from "../../src/evaluate/data/open-set.js";
import type { SetOptions } from "../../src/evaluate/data/set-options.js";
import type { RawPixels } from "../../src/image/sources.js";
import { type TarEntry, tar } from "../support/tar.js";

const root = mkdtempSync(join(tmpdir(), "zeroclip-sets-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function file(path: string, data: string | Uint8Array): string {
  const whole = join(root, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, data);
  return whole;
}

const read = (path: string, options?: SetOptions): Promise<LabelledSet> => openSet(path, "set", options);
const rows = ({ pictures, classes }: LabelledSet): string[] =>
  pictures.map(({ name, truth }) => `${name.replace(`${root}/`, "")} ${classes[truth]!.label}`);

describe("lists", () => {
  it.each([
    ["with a head in any order", "a.csv", "Label,split,path\ncat,test,1.jpg\nsea_lion,train,b/2.jpg\n"],
    ["without a head", "b.csv", "1.jpg,cat\r\nb/2.jpg,sea_lion"],
    ["tabs", "c.tsv", "image\tclass\n1.jpg\tcat\n\nb/2.jpg\tsea_lion\n"],
    [
      "JSON lines",
      "d.jsonl",
      '{"path":"1.jpg","label":"cat"}\n\n{"image":"b/2.jpg","class":"sea_lion","more":[1]}',
    ],
  ])("%s", async (_case, name, text) => {
    const set = await read(file(`lists/${name}`, text));
    expect(rows(set)).toEqual(["lists/1.jpg cat", "lists/b/2.jpg sea lion"]);
    expect(set.classes).toEqual([
      { id: "cat", label: "cat" },
      { id: "sea_lion", label: "sea lion" },
    ]);
    expect(set.kind).toBe("manifest");
  });

  it("quoted cells hold commas, quotes and line ends; paths may be absolute; names are taken", async () => {
    const path = file("quoted.csv", 'path,label\n"a, ""b"".jpg",c1\n/x/2.jpg,"c\n2"\n');
    expect(rows(await read(path, { names: new Map([["c1", "cat"]]) }))).toEqual([
      'a, "b".jpg cat',
      "/x/2.jpg c\n2",
    ]);
  });

  it("a split takes only its own", async () => {
    const path = file("split.csv", "path,label,split\n1.jpg,a,test\n2.jpg,b,test\n3.jpg,c,train\n");
    expect((await read(path, { split: "test" })).pictures).toHaveLength(2);
    await expect(read(path, { split: "val" })).rejects.toThrow(
      /Expected pictures of split val in .*split\.csv but found none of test, train\./,
    );
  });

  it.each([
    ["no label", "e.csv", "path,label\n1.jpg,a\n2.jpg,\n", /a label in line 3 of/],
    ["no path", "f.csv", "path,label\n,a\n", /a path in line 2 of/],
    ["one cell", "g.csv", "1.jpg\n", /a label in line 1 of/],
    ["an open quote", "h.csv", 'path,label\n1.jpg,a\n"2.jpg,b\n', /closing quote for line 3 of/],
    ["words after a quote", "i.csv", '"1.jpg"x,a\n', /separator after the closing quote in line 1 of/],
    ["no JSON", "j.jsonl", '{"path":"1.jpg","label":"a"}\nnope\n', /a JSON object .* in line 2 of .* "nope"/],
    ["nothing", "k.csv", "", /Expected pictures in .*k\.csv but found none\./],
  ])("%s: names the line", async (_case, name, text, message) => {
    await expect(read(file(name, text))).rejects.toMatchObject({
      code: "evaluate.manifest",
      message: expect.stringMatching(message),
    });
  });

  it("needs two classes, of two labels", async () => {
    await expect(read(file("one.csv", "1.jpg,a\n2.jpg,a\n"))).rejects.toThrow(
      /at least two classes .* found 1\./,
    );
    await expect(read(file("same.csv", "1.jpg,a_b\n2.jpg,a b\n"))).rejects.toThrow(
      /a b and a_b are both "a b"/,
    );
  });

  it("tells of a picture that is listed twice, first of all where its labels differ", async () => {
    const told: Warning[] = [];
    const path = file("twice.csv", "1.jpg,a\n2.jpg,b\n1.jpg,b\n2.jpg,b\n");
    const { pictures } = await read(path, { onWarning: (warning) => told.push(warning) });
    expect(pictures).toHaveLength(4);
    expect(told).toEqual([
      {
        code: "evaluate.twice",
        message: `1.jpg is listed in lines 1 and 3 of ${path} as a and as b (and 1 more such): each counts.`,
        count: 2,
      },
    ]);
  });

  it("has another fingerprint when a picture changes", async () => {
    const path = file("print/list.csv", "1.jpg,a\n2.jpg,b\n");
    const picture = file("print/1.jpg", "x");
    const before = (await read(path)).fingerprint;
    expect((await read(path)).fingerprint).toBe(before);
    utimesSync(picture, new Date(0), new Date(0));
    expect((await read(path)).fingerprint).not.toBe(before);
  });
});

describe("CIFAR", () => {
  const record = (head: readonly number[], red: number): Buffer => {
    const bytes = Buffer.alloc(head.length + 3072);
    bytes.set(head);
    // The first pixel: red, green 2, blue 3.
    bytes[head.length] = red;
    bytes[head.length + 1024] = 2;
    bytes[head.length + 2048] = 3;
    return bytes;
  };

  it("10: test by default, train by its split, pixels in order", async () => {
    const folder = join(root, "c10");
    file("c10/test_batch.bin", Buffer.concat([record([3], 7), record([9], 8)]));
    file("c10/data_batch_1.bin", record([0], 1));
    file("c10/data_batch_2.bin", record([1], 1));
    const set = await read(folder);
    expect(rows(set)).toEqual(["c10/test_batch.bin#0 cat", "c10/test_batch.bin#1 truck"]);
    expect(set.classes).toHaveLength(10);
    const pixels = (await set.pictures[1]!.open()) as RawPixels;
    expect(pixels).toMatchObject({ width: 32, height: 32, channels: 3 });
    expect([...pixels.data.subarray(0, 4)]).toEqual([8, 2, 3, 0]);
    expect(rows(await read(folder, { split: "train" }))).toEqual([
      "c10/data_batch_1.bin#0 airplane",
      "c10/data_batch_2.bin#0 automobile",
    ]);
  });

  it("100: the fine label, names from beside it", async () => {
    const names = Array.from({ length: 100 }, (_, i) => `thing_${i}`).join("\n");
    file("c100/fine_label_names.txt", `${names}\n\n`);
    file("c100/test.bin", record([4, 30], 1));
    expect(rows(await read(join(root, "c100")))).toEqual(["c100/test.bin#0 thing 30"]);
  });

  it("one file by itself", async () => {
    expect(rows(await read(file("alone/x.bin", record([1], 5))))).toEqual(["alone/x.bin#0 automobile"]);
    expect(rows(await read(file("alone/y.bin", record([1, 2], 5))))).toEqual(["alone/y.bin#0 baby"]);
  });

  it.each([
    [
      "a label that is none",
      Buffer.concat([record([1], 0), record([10], 0)]),
      /0 to 9 in record 1 of .* found 10/,
    ],
    ["half a record", record([1], 0).subarray(0, 3000), /CIFAR-100\) in .* has 3000 bytes/],
    ["nothing", Buffer.alloc(0), /has 0 bytes/],
  ])("refuses %s", async (name, bytes, message) => {
    await expect(read(file(`bad ${name}/x.bin`, bytes))).rejects.toMatchObject({
      code: "evaluate.cifar",
      message: expect.stringMatching(message),
    });
  });
});

describe("webdataset", () => {
  const archive = (path: string, entries: readonly TarEntry[], end?: boolean): string =>
    file(path, tar(entries, end));
  const bytesOf = async (set: LabelledSet, i: number): Promise<string> =>
    Buffer.from((await set.pictures[i]!.open()) as Uint8Array).toString();

  it("takes .cls, .json and .txt for labels, members in any order; other members are left alone", async () => {
    const set = await read(
      archive("w/a.tar", [
        { name: "README", data: "words" },
        { name: "x/", type: "5" },
        { name: "x/1.cls", data: "sea_lion\n" },
        { name: "x/1.jpg", data: "one" },
        { name: "x/1.seg.png", data: "mask" },
        { name: "x/2.PNG", data: "two" },
        { name: "x/2.json", data: '{"label":"cat","url":"…"}' },
        { name: "x/3.jpeg", data: "three" },
        { name: "x/3.txt", data: "cat" },
        { name: "link.jpg", type: "2" },
      ]),
    );
    expect(rows(set)).toEqual(["a.tar/x/1.jpg sea lion", "a.tar/x/2.PNG cat", "a.tar/x/3.jpeg cat"]);
    expect(await Promise.all([0, 1, 2].map((i) => bytesOf(set, i)))).toEqual(["one", "two", "three"]);
  });

  it("numbers are classes of classnames.txt, of a folder of archives too, in order of their numbers", async () => {
    for (const [n, label] of [
      [10, "0"],
      [2, "01"],
    ] as const) {
      archive(`shards/test/${n}.tar`, [
        { name: `${n}.jpg`, data: "." },
        { name: `${n}.cls`, data: label },
      ]);
    }
    const folder = join(root, "shards/test");
    await expect(read(folder)).rejects.toThrow(/a name for class 0 of .*classnames\.txt/);
    file("shards/classnames.txt", "dog\ncat\nnobody's\n");
    const set = await read(folder);
    expect(rows(set)).toEqual(["2.tar/2.jpg cat", "10.tar/10.jpg dog"]);
    expect(set.classes.map(({ label }) => label)).toEqual(["dog", "cat", "nobody's"]);
    const own = await read(folder, { numbered: ["hund", "katze"] });
    expect(rows(own)).toEqual(["2.tar/2.jpg katze", "10.tar/10.jpg hund"]);
  });

  it("reads GNU's and pax' long names", async () => {
    const long = `${"d/".repeat(80)}picture.jpg`;
    const pax = `${"e/".repeat(80)}other.jpg`;
    const note = (text: string): string => {
      const length = text.length + 1 + String(text.length + 5).length;
      return `${length} ${text}`;
    };
    const set = await read(
      archive("w/long.tar", [
        { name: "././@LongLink", type: "L", data: `${long}\0` },
        { name: long.slice(0, 99), data: "g" },
        { name: "d", type: "L", data: `${"d/".repeat(80)}picture.cls\0` },
        { name: "x", data: "a" },
        { name: "p", type: "x", data: note(`path=${pax}\n`) },
        { name: "short", data: "p" },
        { name: "p", type: "x", data: note(`path=${pax.replace(".jpg", ".cls")}\n`) },
        { name: "short", data: "b" },
      ]),
    );
    expect(rows(set)).toEqual([`long.tar/${long} a`, `long.tar/${pax} b`]);
  });

  it("a name that points outside is a name and nothing else", async () => {
    const set = await read(
      archive("w/out.tar", [
        { name: "../../etc/passwd.jpg", data: "1" },
        { name: "../../etc/passwd.cls", data: "a" },
        { name: "/abs.jpg", data: "2" },
        { name: "/abs.cls", data: "b" },
      ]),
    );
    expect(await bytesOf(set, 0)).toBe("1");
    expect(await bytesOf(set, 1)).toBe("2");
  });

  const one = { name: "1.jpg", data: "x" };
  it.each([
    ["no label", [one], /the label of "1\.jpg" in/],
    ["two pictures", [one, { name: "1.png", data: "y" }], /one picture a sample but "1\.png" of/],
    ["JSON that is none", [one, { name: "1.json", data: "{" }], /JSON in "1\.json" of/],
    [
      "a size beyond the end",
      [one, { name: "1.cls", data: "a", size: 4096 }],
      /whole of "1\.cls" in .* ends early/,
    ],
    ["an immense size", [{ ...one, size: 8 ** 11 - 1 }], /whole of "1\.jpg" in .* ends early/],
    [
      "an immense name",
      [{ name: "n", type: "L", data: "n".repeat(70_000) }, one],
      /at most 65536 bytes of header/,
    ],
  ])("refuses %s, naming the member", async (name, entries, message) => {
    await expect(read(archive(`bad/${name}.tar`, entries))).rejects.toMatchObject({
      code: "evaluate.webdataset",
      message: expect.stringMatching(message),
    });
  });

  it("refuses what is no archive, and one that is cut", async () => {
    await expect(read(file("bad/words.tar", "words"))).rejects.toThrow(/a tar header at byte 0 of/);
    const whole = tar([one, { name: "1.cls", data: "a" }]);
    await expect(read(file("bad/cut.tar", whole.subarray(0, 1200)))).rejects.toThrow(
      /tar header at byte 1024/,
    );
  });
});

describe("openSet", () => {
  it("is told by content where the ending says nothing", async () => {
    const bytes = tar([
      { name: "1.jpg", data: "x" },
      { name: "1.cls", data: "a" },
      { name: "2.jpg", data: "x" },
      { name: "2.cls", data: "b" },
    ]);
    expect((await read(file("noending", bytes))).kind).toBe("webdataset");
    await expect(read(file("what.doc", "words"))).rejects.toMatchObject({
      code: "evaluate.folder",
      message: expect.stringMatching(/what\.doc but it is a file\.$/),
    });
  });

  it("takes the folder of a split", async () => {
    for (const name of ["train/a", "train/b", "test/a", "test/b"]) file(`parts/${name}/1.jpg`, "");
    expect(rows(await read(join(root, "parts"), { split: "test" }))).toEqual([
      "parts/test/a/1.jpg a",
      "parts/test/b/1.jpg b",
    ]);
  });

  it.each([
    [
      ["/x/a", "/x/b"],
      ["a", "b"],
    ],
    [
      ["/x/test", "/y/test"],
      ["x/test", "y/test"],
    ],
    [
      ["/x/test", "/x/test"],
      ["test", "x/test"],
    ],
    [["/x/a.csv"], ["a.csv"]],
  ])("names of %j are %j", (paths, names) => {
    expect(setNames(paths)).toEqual(names);
  });
});
