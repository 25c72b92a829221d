import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { withScratch } from "../../src/models/scratch.js";
import { DEFENCES, defence, defendedSlopes } from "../../src/robust/defend/defence.js";
import { placed, placedBack } from "../../src/robust/defend/warp.js";
import { openSubject } from "../../src/robust/subject.js";
import { openVictim, type Slopes } from "../../src/robust/victim.js";
import { CHECKPOINTS } from "../models/golden.js";
import { pixels, RESNET, smallStarter, VIT, vectors } from "./scene.js";

const home = mkdtempSync(join(tmpdir(), "zeroclip-slopes-"));
afterAll(() => rmSync(home, { recursive: true }));

/** The slope along the gradient itself, and what a step along it does to the losses: the ratio of both. */
async function ratio(
  slopes: Slopes,
  given: Float32Array,
  truth: readonly number[],
  step: number,
): Promise<number> {
  const { gradient } = await slopes(given, truth, 1);
  const length = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
  const at = async (distance: number): Promise<number> => {
    const moved = given.map((value, i) => value + (distance * gradient[i]!) / length);
    return (await slopes(moved, truth, 1)).loss.reduce((sum, value) => sum + value, 0);
  };
  return ((await at(step)) - (await at(-step))) / (2 * step * length);
}

describe("the gradient by the pixels is what finite differences say", () => {
  test.each([
    ["a vision transformer", VIT],
    ["a ResNet", RESNET],
    ["a vision transformer in bf16", `${CHECKPOINTS}tiny-vit.bf16.safetensors`],
  ])("of %s", async (_, path) => {
    await using subject = await openSubject(path, { home });
    await withScratch("robust", async (folder) => {
      const { tower } = subject;
      const texts = vectors(5, tower.dim);
      await using victim = await openVictim(tower, texts, { folder, name: "tiny", logitScale: 20 });
      expect(await ratio(victim.slopes, pixels(3, tower.size), [0, 1, 4], 8)).toBeCloseTo(1, 1);
    });
  });

  test("of the starter", async () => {
    const { subject, tower, read } = await smallStarter(home);
    await using _ = subject;
    await withScratch("robust", async (folder) => {
      await using victim = await openVictim(tower, vectors(5, tower.dim), {
        folder,
        name: "s",
        logitScale: 20,
      });
      const given = Float32Array.from(read.squares[1]!);
      expect(Math.abs((await ratio(victim.slopes, given, [2], 4)) - 1)).toBeLessThan(0.1);
    });
  });

  test("behind a defence without chance", async () => {
    await using subject = await openSubject(VIT, { home });
    await withScratch("robust", async (folder) => {
      const { tower } = subject;
      await using victim = await openVictim(tower, vectors(5, tower.dim), {
        folder,
        name: "v",
        logitScale: 20,
      });
      const slopes = defendedSlopes(victim.slopes, defence("views"), tower.size);
      expect(await ratio(slopes, pixels(2, tower.size), [0, 1], 8)).toBeCloseTo(1, 1);
    });
  });
});

test("a gradient goes back through a placement as its transpose", () => {
  const size = 12;
  const [a, b] = [pixels(1, size, 1), pixels(1, size, 2)];
  for (const placement of [
    { side: 9, top: 2, left: 1 },
    { side: 14, top: -2, left: 0 },
  ]) {
    const zero = placed(new Float32Array(a.length), size, placement);
    const dot = (x: Float32Array, y: Float32Array): number =>
      x.reduce((sum, value, i) => sum + value * y[i]!, 0);
    const forth = dot(placed(a, size, placement), b) - dot(zero, b);
    expect(forth / dot(a, placedBack(b, size, placement))).toBeCloseTo(1, 4);
  }
});

test.each(DEFENCES)("%s leaves pixels in their range, and is the same for the same seed", async (name) => {
  const size = 16;
  const { looks, treat } = defence(name);
  const given = pixels(1, size);
  for (let look = 0; look < looks; look++) {
    const [one, two] = [await treat(given, size, look, () => 0.3), await treat(given, size, look, () => 0.3)];
    expect(one.pixels).toEqual(two.pixels);
    for (const value of one.pixels) expect(value >= 0 && value <= 255).toBe(true);
  }
});

describe("what has no derivative is refused in one sentence", () => {
  test("a form in 8 bits", async () => {
    await expect(openSubject(`${VIT}@int8`, { home })).rejects.toMatchObject({ code: "robust.model" });
  });
  test("several models that answer as one", async () => {
    await expect(openSubject("both.json", { home })).rejects.toMatchObject({ code: "robust.model" });
  });
  test("an operator without a rule", async () => {
    await using subject = await openSubject(VIT, { home });
    const { graph } = subject.tower;
    const [last] = graph.nodes.filter(({ outputs }) => outputs[0] === "features");
    const step = { ...last!, op: "Round" };
    const tower = {
      ...subject.tower,
      graph: { ...graph, nodes: graph.nodes.map((node) => (node === last ? step : node)) },
    };
    await withScratch("robust", async (folder) => {
      await using victim = await openVictim(tower, vectors(3, tower.dim), {
        folder,
        name: "r",
        logitScale: 20,
      });
      await expect(victim.slopes(pixels(1, tower.size), [0], 1)).rejects.toMatchObject({
        code: "graph.gradient",
        message: expect.stringContaining("Round"),
      });
    });
  });
});
