import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { PICTURES, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
const CAT = join(PICTURES, "cat.jpg");
const OFFLINE = { env: { ZEROCLIP_OFFLINE: "1" } };

interface Info {
  bytes: number;
  caches: { kind: string; model: string; vectors: number }[];
}

async function kinds(): Promise<string[]> {
  const { stdout } = await place.run(["cache", "info", "--json"]);
  return (JSON.parse(stdout) as Info).caches
    .map(({ kind, model, vectors }) => `${kind} ${model} ${vectors}`)
    .sort();
}

describe("cache", () => {
  it("is empty at first, stays so with --no-cache, then holds labels, texts and, if asked, pictures", async () => {
    const classify = ["classify", CAT, "--labels", "cat,dog", "--template", "a {}"];
    expect((await place.run(["cache", "info"])).stdout).toMatch(/^0 B in .*cache\n$/);
    const plain = await place.run([...classify, "--no-cache"], OFFLINE);
    expect(await kinds()).toEqual([]);
    const first = await place.run(classify, OFFLINE);
    expect(await kinds()).toEqual(["labels starter 2", "text starter 2"]);
    const second = await place.run([...classify, "--cache-images"], OFFLINE);
    expect(await kinds()).toEqual(["images starter 1", "labels starter 2", "text starter 2"]);
    expect([first.stdout, second.stdout]).toEqual([plain.stdout, plain.stdout]);
    expect((await place.run([...classify, "--cache-images"], OFFLINE)).stdout).toBe(plain.stdout);
    expect((await place.run(["cache", "info"])).stdout).toMatch(/labels\s+starter.*\s2\s/);
  });

  it("is cleared by kind and by model", async () => {
    const none = await place.run(["cache", "clear", "--text", "--model", "ViT-B/32"]);
    expect(none).toMatchObject({ code: 0, stderr: "nothing of ViT-B/32 is remembered\n0 B removed\n" });
    for (const name of ["nope", "starter@int4"]) {
      const unknown = await place.run(["cache", "clear", "--model", name]);
      expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/\(model\.unknown\)/) });
    }
    expect(await kinds()).toHaveLength(3);
    await place.run(["cache", "clear", "--images"]);
    expect(await kinds()).toEqual(["labels starter 2", "text starter 2"]);
    const { code, stdout } = await place.run(["cache", "clear", "--json"]);
    expect({ code, removed: (JSON.parse(stdout) as { removed: number }).removed }).toEqual({
      code: 0,
      removed: 2,
    });
    expect(await kinds()).toEqual([]);
    expect(readdirSync(join(place.folder, "home", "cache", "text"))).toEqual([]);
  });

  it("a damaged space is cleared by any name", async () => {
    await place.run(["embed", "--text", "a cat"], OFFLINE);
    const text = join(place.folder, "home", "cache", "text");
    writeFileSync(join(text, readdirSync(text)[0]!, "space.json"), "{");
    expect((await place.run(["cache", "info"])).stdout).toMatch(/^damaged\s/m);
    await place.run(["cache", "clear", "--model", "starter"]);
    expect(readdirSync(text)).toEqual([]);
  });
});
