import { describe, expect, it } from "vitest";
import { isBlank } from "../../src/live/blank.js";
import { eventOptions, flush, type LiveEvent, NOTHING_SEEN, observe } from "../../src/live/events.js";
import { ppmReader } from "../../src/live/ppm.js";
import { frameQueue } from "../../src/live/queue.js";
import { percentile, smoothed } from "../../src/live/smooth.js";
import { sourceForm } from "../../src/live/source.js";
import { timelineOf } from "../../src/live/timeline.js";

function eventsOf(values: readonly number[], step = 0.2): LiveEvent[] {
  const rules = eventOptions({});
  let state = NOTHING_SEEN;
  const events: LiveEvent[] = [];
  for (const [i, value] of values.entries()) {
    const next = observe(state, i * step, new Map([["cat", value]]), rules);
    state = next.state;
    events.push(...next.events);
  }
  return [...events, ...flush(state)];
}

describe("events", () => {
  it("begin and end at the frames that changed", () => {
    const events = eventsOf([0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0]);
    expect(events.map(({ event }) => event)).toEqual(["start", "end"]);
    expect(events[0]!.start).toBeCloseTo(0.6);
    expect(events[1]).toMatchObject({ confidence: 1 });
    expect((events[1] as { end: number }).end).toBeCloseTo(1.6);
  });

  it("a single frame is none, wavering between the thresholds changes nothing, the end of the source ends", () => {
    expect(eventsOf([0, 0, 1, 0, 0, 0])).toEqual([]);
    expect(eventsOf([1, 1, 0.5, 0.55, 0.5, 1]).map(({ event }) => event)).toEqual(["start", "end"]);
  });

  it("a label that is taken away ends, also one named as a field of every object", () => {
    const rules = eventOptions({ minDuration: 0 });
    const first = observe(NOTHING_SEEN, 0, new Map([["constructor", 1]]), rules);
    expect(first.events).toHaveLength(1);
    const second = observe(first.state, 1, new Map([["dog", 1]]), rules);
    expect(second.events.map(({ event, label }) => [event, label])).toEqual([
      ["end", "constructor"],
      ["start", "dog"],
    ]);
  });

  it("thresholds out of order are refused", () => {
    expect(() => eventOptions({ on: 0.3, off: 0.5 })).toThrow(/off <= on/);
  });
});

it("smoothing believes 1 − 1/e of a change after its constant", () => {
  expect(smoothed(0, 1, 0.2, 0.2)).toBeCloseTo(1 - 1 / Math.E);
  expect(smoothed(undefined, 0.7, 9, 1)).toBe(0.7);
  expect(percentile([1, 2, 3, 4], 0.5)).toBe(2);
});

it("a flat picture is blank, one with a pattern is not", () => {
  const flat = new Uint8Array(64 * 64 * 3).fill(16);
  const pattern = flat.map((_, i) => (i * 37) % 251);
  expect(isBlank({ data: flat, width: 64, height: 64, channels: 3 })).toBe(true);
  expect(isBlank({ data: pattern, width: 64, height: 64, channels: 3 })).toBe(false);
});

it("frames are found whatever the pieces they come in, and a damaged header is refused", () => {
  const bytes = Buffer.concat([
    Buffer.from("P6\n2 1\n255\n"),
    Buffer.from([1, 2, 3, 4, 5, 6]),
    Buffer.from("P6\n1 1\n255\n"),
    Buffer.from([7, 8, 9]),
  ]);
  for (const size of [1, 3, 7, 100]) {
    const read = ppmReader();
    const frames = [];
    for (let at = 0; at < bytes.length; at += size) frames.push(...read(bytes.subarray(at, at + size)));
    expect(frames.map(({ width, data }) => [width, [...data]])).toEqual([
      [2, [1, 2, 3, 4, 5, 6]],
      [1, [7, 8, 9]],
    ]);
  }
  expect(() => ppmReader()(Buffer.from("P6\n99999 99999\n255\n"))).toThrow(/at most/);
  expect(() => ppmReader()(Buffer.alloc(100))).toThrow(/something else/);
});

it("the newest frame wins where it must, and every frame counts where it may", async () => {
  async function* numbers(): AsyncGenerator<number> {
    for (let i = 0; i < 10; i++) yield i;
  }
  const { signal } = new AbortController();
  const newest = frameQueue(numbers(), 1, true, signal);
  await new Promise((done) => setImmediate(done));
  expect(await newest.take(1)).toEqual([9]);
  expect(newest.dropped).toBe(9);
  const every = frameQueue(numbers(), 4, false, signal);
  const all: number[] = [];
  for (let part = await every.take(4); part.length > 0; part = await every.take(4)) all.push(...part);
  expect(all).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(every.dropped).toBe(0);
});

it("each form of source is opened with the protocols that it needs, and no name is an option", () => {
  expect(sourceForm("-i.mp4").input.at(-1)).toBe("file:-i.mp4");
  expect(sourceForm("concat:/etc/passwd").input.at(-1)).toBe("file:concat:/etc/passwd");
  expect(sourceForm("https://a/b.m3u8").input[1]).not.toContain("file");
  expect(sourceForm("/dev/video0")).toMatchObject({ kind: "device", live: true });
  expect(sourceForm("rtsp://a/b")).toMatchObject({ kind: "rtsp", live: true });
});

it("a timeline grows by its parts", () => {
  const at = (time: number, label: string): { time: number; label: string; probability: number } => ({
    time,
    label,
    probability: 0.5,
  });
  const runs = timelineOf([at(2, "b"), at(3, "b")], timelineOf([at(0, "a"), at(1, "a")]));
  expect(runs.map(({ label, start, end }) => [label, start, end])).toEqual([
    ["a", 0, 2],
    ["b", 2, 3],
  ]);
});
