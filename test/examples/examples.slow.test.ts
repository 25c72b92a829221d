import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { seeded } from "../../src/math/random.js";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "zeroclip-examples-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Parts of a photo: a kind of goods. */
async function parts(into: string, photo: string, count: number): Promise<void> {
  mkdirSync(into, { recursive: true });
  const picture = sharp(join("bench/pictures", `${photo}.jpg`));
  const { width, height } = await picture.metadata();
  for (let i = 0; i < count; i++) {
    const area = { left: i % 20, top: Math.floor(i / 2) % 20, width: width - 20, height: height - 20 };
    await picture
      .clone()
      .extract(area)
      .resize(224, 224)
      .jpeg()
      .toFile(join(into, `${i}.jpg`));
  }
}

/** Grey noise around a level, with a frame of another: no lungs, but three sources. */
async function noise(into: string, level: number, count: number, seed: number): Promise<void> {
  mkdirSync(into, { recursive: true });
  const random = seeded(seed);
  for (let i = 0; i < count; i++) {
    const data = Buffer.from(Array.from({ length: 64 * 64 }, () => level + Math.floor(60 * random())));
    await sharp(data, { raw: { width: 64, height: 64, channels: 1 } })
      .png()
      .toFile(join(into, `${i}.png`));
  }
}

describe("examples, as users run them", { timeout: 300_000 }, () => {
  it("retail/shop.mjs: from photos to a server and what it costs", async () => {
    const photos = join(folder, "photos");
    for (const [kind, photo] of [
      ["mugs", "coffee"],
      ["cats", "cat"],
      ["rockets", "rocket"],
    ] as const)
      await parts(join(photos, kind), photo, 90);
    const out = join(folder, "shop");
    const { stdout } = await run(process.execPath, ["examples/retail/shop.mjs", photos, out, "--json"]);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      photos: { train: 162, validation: 54, test: 54 },
      words: { right: expect.any(Number) },
      examples: [1, 2, 4, 8, 16].map((shots) => ({ shots })),
      server: { labels: 4, taught: { label: expect.any(String) } },
    });
    expect(found.examples.at(-1).right).toBe(1);
    expect(readFileSync(join(out, "labels.yaml"), "utf8")).toContain("mugs");
    expect(JSON.parse(readFileSync(join(out, "company.yaml"), "utf8"))).toMatchObject({ classes: 3 });
  });

  it("medical/xrays.mjs: every table, and a leak where there is one", async () => {
    const xrays = join(folder, "xrays");
    await noise(join(xrays, "normal"), 20, 70, 1);
    await noise(join(xrays, "pneumonia"), 90, 22, 2);
    await noise(join(xrays, "COVID-19"), 160, 22, 3);
    const { stdout } = await run(process.execPath, [
      ...["examples/medical/xrays.mjs", xrays, "--draws", "1", "--home", join(folder, "home"), "--json"],
    ]);
    const { pictures, tables } = JSON.parse(stdout);
    expect(pictures).toBe(114);
    const titles = tables.map(({ title }: { title: string }) => title.split(/[:(]/, 1)[0]!.trim());
    expect(titles).toEqual([
      "Words alone",
      "Examples",
      "Without a model",
      "16 examples a class",
      "How sure it is",
      "Subgroups",
      "Leaks",
      "A rare class",
    ]);
    expect(tables[6].notes[0]).toMatch(/The sources can be told apart without the lungs/);
    for (const { columns, rows } of tables) for (const row of rows) expect(row).toHaveLength(columns.length);
  });
});
