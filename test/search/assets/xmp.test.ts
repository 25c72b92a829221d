import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { sidecarPath, writeSidecar } from "../../../src/search/assets/sidecar.js";
import { mergeSubjects } from "../../../src/search/assets/xmp.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-xmp-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const subjects = (text: string): string[] =>
  [...(/<dc:subject>(.*?)<\/dc:subject>/s.exec(text)?.[1] ?? "").matchAll(/<rdf:li>(.*?)<\/rdf:li>/g)].map(
    ([, word]) => word!,
  );

const LIGHTROOM = `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<!-- mine -->
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Exposure2012="+0.35"/>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4">
 <dc:subject><rdf:Bag><rdf:li>holiday</rdf:li><rdf:li>cat</rdf:li></rdf:Bag></dc:subject>
 <dc:title><rdf:Alt><rdf:li xml:lang="x-default">A &lt; B &amp; C</rdf:li></rdf:Alt></dc:title>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`;

describe("mergeSubjects", () => {
  it("makes a sidecar where there is none, and none without labels", () => {
    const text = mergeSubjects(undefined, ["cat", "salt & pepper", "猫"])!;
    expect(subjects(text)).toEqual(["cat", "salt &amp; pepper", "猫"]);
    expect(text).toMatch(/^<\?xpacket begin="\ufeff"/);
    expect(mergeSubjects(undefined, [])).toBeUndefined();
  });

  it("keeps all that others wrote", () => {
    const text = mergeSubjects(LIGHTROOM, ["cat", "sofa"])!;
    expect(subjects(text)).toEqual(["holiday", "cat", "sofa"]);
    for (const part of [
      "<!-- mine -->",
      'crs:Exposure2012="+0.35"',
      'xmp:Rating="4"',
      "A &lt; B &amp; C",
      'end="w"',
    ])
      expect(text).toContain(part);
  });

  it("takes back what it wrote itself, never a person's words", () => {
    const first = mergeSubjects(LIGHTROOM, ["cat", "sofa"])!;
    expect(mergeSubjects(first, ["cat", "sofa"])).toBeUndefined();
    const second = mergeSubjects(first, ["dog"])!;
    expect(subjects(second)).toEqual(["holiday", "cat", "dog"]);
    expect(subjects(mergeSubjects(second, [])!)).toEqual(["holiday", "cat"]);
  });

  it("takes a subject that is plain text, and drops signs that XML can't hold", () => {
    const plain = LIGHTROOM.replace(/<dc:subject>.*<\/dc:subject>/, "<dc:subject>beach</dc:subject>");
    expect(subjects(mergeSubjects(plain, ["a\u0000b"])!)).toEqual(["beach", "ab"]);
  });

  it.each([
    ["no XML", "<x:xmpmeta", /no XML/],
    ["other XML", "<a/>", /no rdf:RDF/],
    ["entities", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /document type/],
  ])("refuses %s", (_, text, words) => {
    expect(() => mergeSubjects(text, ["cat"])).toThrow(words);
  });
});

describe("writeSidecar", () => {
  it("writes beside the picture, which stays as it is, and leaves no other file", async () => {
    const picture = join(folder, "a.b.jpg");
    writeFileSync(picture, "bytes");
    expect(await writeSidecar(picture, ["cat"])).toBe(true);
    expect(await writeSidecar(picture, ["cat"])).toBe(false);
    expect(readFileSync(picture, "utf8")).toBe("bytes");
    expect(subjects(readFileSync(`${picture}.xmp`, "utf8"))).toEqual(["cat"]);
    expect(readdirSync(folder).sort()).toEqual(["a.b.jpg", "a.b.jpg.xmp"]);
    expect(sidecarPath(picture, "stem")).toBe(join(folder, "a.b.xmp"));
  });

  it("leaves a sidecar that it can't read as it was", async () => {
    const picture = join(folder, "broken.jpg");
    writeFileSync(picture, "bytes");
    writeFileSync(`${picture}.xmp`, "<not xmp");
    await expect(writeSidecar(picture, ["cat"])).rejects.toMatchObject({ code: "search.xmp" });
    expect(readFileSync(`${picture}.xmp`, "utf8")).toBe("<not xmp");
  });

  it.each(["s3://bucket/a.jpg", join(folder, "gone.jpg")])("makes none for %s", async (path) => {
    await expect(writeSidecar(path, ["cat"])).rejects.toMatchObject({ code: "search.xmp" });
  });
});
