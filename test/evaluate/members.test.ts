import { describe, expect, it } from "vitest";
import { collectMember, collectMembers, common, measureCascade } from "../../src/evaluate/members.js";
import { letterEncoder } from "../support/letter-encoder.js";

/** Words of mostly one letter; what a model sees of them is how often each letter is there. */
const pictures = Array.from({ length: 120 }, (_, i) => {
  const own = "ab"[i % 2]!;
  const name = `${own.repeat(1 + (i % 4))}${i % 9 === 0 ? "ab"[(i + 1) % 2]!.repeat(4) : "c"}.png`;
  return { name, truth: i % 2, open: () => (i === 5 ? "123.png" : name) };
});
const classes = ["a", "b"].map((label) => ({ id: label, label }));
const set = { name: "letters", kind: "folder", classes, pictures, fingerprint: "none" } as const;

describe("models that are asked one after another", () => {
  it("are never open together, and closed where one fails", async () => {
    const told: string[] = [];
    const opening = (name: string) => async () => {
      told.push(`open ${name}`);
      return {
        ...letterEncoder(),
        [Symbol.asyncDispose]: async () => {
          told.push(`close ${name}`);
        },
      };
    };
    const found = await collectMembers(["a", "b"].map(opening), (encoder) => collectMember(encoder, set));
    expect(told).toEqual(["open a", "close a", "open b", "close b"]);
    expect(found.map(({ failed }) => failed.map(({ image }) => image))).toEqual([
      [pictures[5]!.name],
      [pictures[5]!.name],
    ]);
    expect(common(found)[1]!.truth).toHaveLength(119);

    told.length = 0;
    await expect(
      collectMembers(["a", "b"].map(opening), async () => {
        throw new Error("no power");
      }),
    ).rejects.toThrow("no power");
    expect(told).toEqual(["open a", "close a"]);
  });
});

it("a cascade tells what the one that is kept loses, on what it was fitted on, and what halves that are held out do", async () => {
  const collected = await collectMembers(
    [0, 1].map(() => async () => ({ ...letterEncoder(), [Symbol.asyncDispose]: async () => {} })),
    (encoder) => collectMember(encoder, set),
  );
  const { expected, fitted, seen, interval } = measureCascade(common(collected), [1, 4], { drop: 0.1 });
  // Two models that are the same: the first answers all, and a quarter of the time is spent.
  expect(fitted.thresholds[0]).toBeLessThan(1);
  expect(expected).toMatchObject({ drop: 0, confidence: 0.9, seen: [1, 0], saved: 0.75 });
  expect(expected.bound).toBeCloseTo((1.2815515655 * Math.sqrt(2 / 121)) / Math.sqrt(121), 9);
  // A half's threshold is its own least sure picture's.
  expect(seen[1]).toBeLessThan(0.02);
  expect(Math.abs(interval.low)).toBeLessThan(1e-12);
});
