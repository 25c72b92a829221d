import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Script } from "node:vm";
import { afterAll, describe, expect, it } from "vitest";
import type { LabelledSet } from "../../src/evaluate/data/labelled-set.js";
import type { Cell } from "../../src/evaluate/grid/cell.js";
import { compareCells } from "../../src/evaluate/grid/compare.js";
import { runGrid } from "../../src/evaluate/grid/grid.js";
import { knownSet, PUBLISHED_NOTE, publishedFigures } from "../../src/evaluate/published.js";
import { type ReportData, reportData } from "../../src/evaluate/report/data.js";
import { linked, MODULES, reportPage, writeReport } from "../../src/evaluate/report/page.js";
import { WORDS } from "../../src/evaluate/report/words.js";
import { letterEncoder } from "../support/letter-encoder.js";

const root = mkdtempSync(join(tmpdir(), "zeroclip-report-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const CAT = "test/fixtures/pictures/cat.jpg";
const HOSTILE = 'cat</script><img src=x onerror="alert(1)">\u2028';

/** Classes with a hostile name; every picture is the cat of the fixtures, one has gone since. */
const classes = [HOSTILE, "dog"].map((label) => ({ id: label, label }));
const pictures = Array.from({ length: 6 }, (_, i) => ({
  name: i === 5 ? HOSTILE : `${i}.jpg`,
  truth: i % 2,
  open: () => (i === 4 ? "gone.jpg" : CAT),
}));
const set: LabelledSet = { name: HOSTILE, kind: "folder", classes, pictures, fingerprint: "" };

async function cellsOf(models: readonly string[]): Promise<Cell[]> {
  return runGrid({
    models,
    sets: [
      {
        ...set,
        pictures: pictures.map((picture, i) => ({ ...picture, open: () => (i < 3 ? "cat.jpg" : "dog.jpg") })),
      },
    ],
    open: async (name) => {
      const plain = letterEncoder();
      const model = { ...plain.model, name };
      return Object.assign({ ...plain, model }, { [Symbol.asyncDispose]: async () => undefined });
    },
  });
}

const BROWSER = "src/evaluate/report/browser";
const modules = MODULES.map((name) => readFileSync(join(BROWSER, `${name}.js`), "utf8"));
const script = linked(modules);

const embedded = (page: string): ReportData =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)![1]!) as ReportData;

describe("reportPage", async () => {
  const cells = await cellsOf(["a", HOSTILE]);
  const input = { sets: [{ set }], cells, comparisons: compareCells(cells, [set]), version: "1.2.3" };
  const page = await reportPage(input);

  it("is one file that asks nothing of a network", () => {
    expect(page.includes(`Content-Security-Policy" content="default-src 'none'`)).toBe(true);
    const asking =
      /<(?:link|iframe|object|embed)\b|<script[^>]+src=|sourceMappingURL|@import|[^A-Za-z]url\(/i;
    expect(asking.exec(page)?.[0]).toBeUndefined();
    expect(page.includes("Chart.js v")).toBe(true);
    expect(page.length).toBeLessThan(1_000_000);
  });

  it("names from outside end no script and begin no element", () => {
    expect(page.match(/<script/gi)).toHaveLength(4);
    expect(page.match(/<\/script/gi)).toHaveLength(4);
    expect(page.includes("<img src=x")).toBe(false);
    expect(page.includes("\u2028")).toBe(false);
    const { sets } = embedded(page);
    expect(sets[0]!.name).toBe(HOSTILE);
    expect(sets[0]!.classes).toEqual([HOSTILE, "dog"]);
    // The page's own script sets words as text alone.
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
  });

  it("shows each picture of a gallery, by its name where it has gone", () => {
    const [one] = embedded(page).sets;
    const shown = Object.values(one!.shown);
    expect(shown).toHaveLength(6);
    expect(shown.filter(({ thumb }) => thumb?.startsWith("data:image/jpeg;base64,"))).toHaveLength(5);
    expect(one!.cells[0]!.matrix).toEqual([
      [2, 1],
      [1, 2],
    ]);
    expect(one!.comparisons).toHaveLength(1);
  });

  it("leaves models whose vectors were cached out of the best trade-offs", async () => {
    const [first, second] = cells as [Cell, Cell];
    const frontOf = async (own: readonly Cell[]): Promise<boolean[]> => {
      const { sets } = await reportData({ ...input, cells: own });
      return sets[0]!.cells.map(({ front }) => front);
    };
    const slow = { ...first, model: "slow", imagesPerSecond: 1, top1: 0.9 };
    const fast = { ...second, model: "fast", imagesPerSecond: 9, top1: 0.5 };
    const cached = { ...first, model: "cached", imagesPerSecond: null, top1: 1 };
    expect(await frontOf([slow, fast, cached])).toEqual([true, true, false]);
    // Of one alone nothing is known.
    expect(await frontOf([slow, cached])).toEqual([false, false]);
    // Prompts of one model take the same time: what is faster of them is chance.
    const retail = { ...fast, model: slow.model, prompts: "retail" };
    expect(await frontOf([slow, retail])).toEqual([false, false]);
    const data = embedded(await reportPage({ ...input, cells: [slow, cached] }));
    expect(data.sets[0]!.cells.map(({ imagesPerSecond }) => imagesPerSecond)).toEqual([1, null]);
  });

  it("is written whole, or is an error", async () => {
    const path = join(root, "r.html");
    await writeReport(path, input);
    expect(readFileSync(path, "utf8")).toMatch(/^<!doctype html>.*<\/html>\n$/s);
    await expect(writeReport(join(path, "below.html"), input)).rejects.toMatchObject({
      code: "evaluate.report",
    });
  });

  it("puts a bound on previews", async () => {
    const [cell] = cells;
    const shown = Array.from({ length: 500 }, (_, position) => ({ position, answers: [] }));
    const many = Array.from({ length: 500 }, (_, i) => ({ name: `${i}`, truth: 0, open: () => CAT }));
    const large = {
      ...cell!,
      galleries: { right: shown, wrong: [], unsure: [] },
      predicted: many.map(() => 0),
    };
    const data = await reportData({ ...input, cells: [large], sets: [{ set: { ...set, pictures: many } }] });
    const withPreview = Object.values(data.sets[0]!.shown).filter(({ thumb }) => thumb);
    expect(withPreview).toHaveLength(400);
  });
});

describe("the page's script", () => {
  it("is all modules of the folder, each after those that it takes from", () => {
    expect(readdirSync(BROWSER).toSorted()).toEqual(MODULES.map((name) => `${name}.js`).toSorted());
    const before: string[] = [];
    for (const [i, text] of modules.entries()) {
      const taken = [...text.matchAll(/from "\.\/(\w+)\.js"/g)].map(([, name]) => name!);
      expect(taken.filter((name) => !before.includes(name))).toEqual([]);
      before.push(MODULES[i]!);
    }
  });

  it("takes what there is, by its own name, and no name is there twice", () => {
    const names = modules.flatMap((text) =>
      [...text.matchAll(/^(?:export )?(?:const|let|function) (\w+)/gm)].map(([, name]) => name!),
    );
    expect(new Set(names).size).toBe(names.length);
    const shared = new Set(
      modules.flatMap((text) =>
        [...text.matchAll(/^export (?:const|let|function) (\w+)/gm)].map(([, name]) => name!),
      ),
    );
    const taken = modules.flatMap((text) =>
      [...text.matchAll(/^import \{([^}]*)\}/gm)].flatMap(([, list]) =>
        list!
          .split(",")
          .map((name) => name.trim())
          .filter((name) => name !== ""),
      ),
    );
    expect(taken.length).toBeGreaterThan(40);
    expect(taken.filter((name) => !shared.has(name))).toEqual([]);
    expect(() => new Script(script)).not.toThrow();
    expect(script).not.toMatch(/^\s*(?:import|export)\b/m);
  });
});

describe("words of the report", () => {
  it.each(Object.entries(WORDS))("%s has both languages and the same fields", (_key, [en, zh]) => {
    const fields = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([field]) => field).sort();
    expect(fields(zh)).toEqual(fields(en));
    expect(zh).not.toBe("");
  });

  it("are all that the script asks for", () => {
    const asked = [...script.matchAll(/\bt\(\s*"(\w+)"/g)].map(([, key]) => key!);
    expect(asked.length).toBeGreaterThan(30);
    expect(asked.filter((key) => !Object.hasOwn(WORDS, key))).toEqual([]);
  });
});

describe("published figures", () => {
  it("are those of open_clip's table, by set", () => {
    const { set: name, top1 } = publishedFigures("cifar10");
    expect(name).toBe("CIFAR-10");
    expect(top1).toEqual({
      RN50: 0.7157,
      RN101: 0.8078,
      "ViT-B/32": 0.8983,
      "ViT-L/14": 0.9559,
      "ViT-L/14@336px": 0.9493,
    });
    expect(publishedFigures("imagenet").top1.RN50).toBe(0.5982);
    expect(() => publishedFigures("cifar-10")).toThrow(/Did you mean cifar10\?/);
    expect(PUBLISHED_NOTE).toBe("published, not measured here");
  });

  it("are shown for the whole test set alone", () => {
    const ids = "airplane automobile bird cat deer dog frog horse ship truck".split(" ");
    const cifar = (count: number): LabelledSet => ({
      ...set,
      classes: ids.map((id) => ({ id, label: id })),
      pictures: new Array(count).fill(pictures[0]),
    });
    expect(knownSet(cifar(10_000))).toBe("cifar10");
    expect(knownSet(cifar(1_000))).toBeUndefined();
    expect(knownSet({ ...cifar(10_000), classes })).toBeUndefined();
  });
});
