import type { AddressInfo } from "node:net";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LiveStart } from "../../src/server/wire/live.js";
import { connect, type LiveClient } from "./live-client.js";
import { photo, startServer, type TestServer } from "./server.js";

const cat = photo("cat");
const rocket = photo("rocket");
const coffee = photo("coffee");
const START: LiveStart = { type: "start", labels: ["cat", "rocket", "cup of coffee"] };

let one: TestServer;
const listen = async ({ server }: TestServer): Promise<void> => {
  await server.app.listen({ port: 0, host: "127.0.0.1" });
};
beforeAll(async () => {
  one = await startServer({ settings: { maxStreamBytes: 1_000_000, maxStreams: 5, maxStreamFps: 120 } });
  await one.server.warm();
  await listen(one);
});
afterAll(() => one[Symbol.asyncDispose]());

async function started(start: LiveStart | Record<string, unknown> = START): Promise<LiveClient> {
  const client = await connect(one);
  client.say(start);
  return client;
}

const addressOf = ({ server }: TestServer): string =>
  `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`;

const close = async (client: LiveClient): Promise<void> => {
  client.socket.close();
  await client.end();
};

describe("a stream", () => {
  it("answers each frame with its own time, gives events, and says at the end what became of all", async () => {
    const client = await started();
    const ready = await client.next("ready");
    expect(ready).toMatchObject({ model: "starter", version: 1, labels: 3, credits: 4 });
    const pictures = [cat, cat, cat, rocket, rocket, rocket];
    for (const [i, picture] of pictures.entries()) {
      client.frame(picture, 10 + i / 2);
      const answer = await client.next("frame");
      expect(answer).toMatchObject({ time: 10 + i / 2, version: 1, credits: 1 });
      expect(answer.predictions![0]!.label).toBe(i < 3 ? "cat" : "rocket");
      expect(answer.latency).toBeGreaterThan(0);
    }
    client.say({ type: "end" });
    const done = await client.next("done");
    expect(done).toMatchObject({ frames: 6, dropped: 0, failed: 0 });
    expect(done.latency.p95).toBeGreaterThanOrEqual(done.latency.p50);
    expect(await client.end()).toEqual({ code: 1000, reason: "done" });
    const metrics = (await one.server.app.inject("/metrics")).body;
    expect(metrics).toMatch(/^zeroclip_live_frames_total\{model="starter",outcome="answered"\} 6$/m);
    expect(metrics).toMatch(/^zeroclip_live_latency_seconds_count\{model="starter"\} 6$/m);
    const events = client.told.flatMap((answer) => (answer.type === "event" ? [answer] : []));
    expect(events.map(({ event, label, start, end }) => [event, label, start, end])).toEqual([
      ["start", "cat", 10, undefined],
      ["end", "cat", 10, 11.5],
      ["start", "rocket", 11.5, undefined],
      ["end", "rocket", 11.5, 12.5],
    ]);
  });

  it("takes other labels while it runs; wrong ones leave the old", async () => {
    const client = await started({ ...START, frames: false });
    await client.next("ready");
    client.frame(coffee, 0);
    expect(await client.next("frame")).not.toHaveProperty("predictions");
    client.say({ type: "labels", labels: [] });
    expect(await client.next("error")).toMatchObject({ code: "usage.request" });
    client.say({ type: "labels", labelSet: "no-such-set" });
    expect(await client.next("error")).toMatchObject({ code: "labels.set" });
    client.frame(coffee, 0.5);
    expect(await client.next("frame")).toMatchObject({ version: 1 });
    client.say({ type: "labels", labels: ["coffee", "dog"] });
    expect(await client.next("labels")).toEqual({ type: "labels", version: 2, labels: 2 });
    client.frame(coffee, 1);
    expect(await client.next("frame")).toMatchObject({ version: 2 });
    // What is no longer among the labels has ended, and the frame before was the last that had it.
    expect(client.told.find((answer) => answer.type === "event" && answer.event === "end")).toMatchObject({
      label: "cup of coffee",
      start: 0,
    });
    await close(client);
  });

  it("follows a set of the server that is changed, computing only the new label", async () => {
    const url = "/v1/label-sets/shelf";
    await one.server.app.inject({ method: "PUT", url, payload: { labels: ["cat", "dog"] } });
    const client = await started({ type: "start", labelSet: "shelf" });
    expect(await client.next("ready")).toMatchObject({ labelSet: { name: "shelf", version: 1 } });
    client.frame(rocket, 0);
    expect((await client.next("frame")).predictions!.map(({ label }) => label)).not.toContain("space rocket");
    one.texts.length = 0;
    await one.server.app.inject({ method: "PATCH", url, payload: { add: ["space rocket"] } });
    client.frame(rocket, 0.1);
    expect(await client.next("labels")).toEqual({
      type: "labels",
      version: 2,
      labels: 3,
      labelSet: { name: "shelf", version: 2 },
    });
    expect(one.texts).toEqual(["space rocket"]);
    client.frame(rocket, 0.2);
    let answer = await client.next("frame");
    while (answer.time < 0.2) answer = await client.next("frame");
    expect(answer.predictions![0]!.label).toBe("space rocket");
    await one.server.app.inject({ method: "DELETE", url });
    client.frame(rocket, 0.3);
    expect(await client.next("error")).toMatchObject({ code: "labels.set" });
    client.frame(rocket, 0.4);
    expect(await client.next("frame")).toMatchObject({ version: 2 });
    await close(client);
  });

  it("goes on after a broken picture and a message without a time", async () => {
    const client = await started();
    await client.next("ready");
    client.frame(cat.subarray(0, 2_000), 1);
    expect(await client.next("error")).toMatchObject({ code: "image.truncated", time: 1, credits: 1 });
    client.frame(Buffer.from("no picture"), 2);
    expect(await client.next("error")).toMatchObject({ time: 2, credits: 1 });
    client.socket.send(cat);
    expect(await client.next("error")).toMatchObject({ code: "usage.request", credits: 1 });
    client.socket.send(Buffer.alloc(3));
    expect(await client.next("error")).toMatchObject({ code: "usage.request", credits: 1 });
    client.socket.send("{");
    expect(await client.next("error")).toEqual({
      type: "error",
      code: "usage.request",
      message: "Expected a text message of JSON but it can't be read.",
    });
    client.frame(cat);
    const answer = await client.next("frame");
    expect(answer.time).toBeGreaterThan(0);
    expect(answer.time).toBeLessThan(60);
    await close(client);
  });

  it("of frames that come too fast the newest counts, and every credit comes back", async () => {
    const client = await started();
    await client.next("ready");
    for (let i = 0; i < 40; i++) client.frame(i < 39 ? cat : rocket, i);
    client.say({ type: "end" });
    const { frames, dropped } = await client.next("done");
    await client.end();
    const answered = client.told.flatMap((answer) => (answer.type === "frame" ? [answer] : []));
    const back = client.told.flatMap((answer) =>
      answer.type === "frame" || answer.type === "dropped" ? [answer.credits] : [],
    );
    expect(back.reduce((sum, credits) => sum + credits, 0)).toBe(40);
    expect([frames, frames + dropped]).toEqual([answered.length, 40]);
    expect(answered.length).toBeLessThan(40);
    expect(answered.at(-1)).toMatchObject({ time: 39 });
    expect(answered.at(-1)!.predictions![0]!.label).toBe("rocket");
  });

  it("a client that does not read gets no more computed, and when it reads again the newest frame", async () => {
    // Names that make answers of 200 KB: what the system holds between the two ends is soon full.
    const labels = Array.from({ length: 200 }, (_, i) => `label ${i}${" ".repeat(900)}.`);
    const client = await started({ type: "start", labels, top: 200, minDuration: 100 });
    await client.next("ready");
    const counts = async (): Promise<number[]> => {
      const body = await (await fetch(`${addressOf(one)}/metrics`)).text();
      return ["answered", "dropped"].map((outcome) =>
        Number(new RegExp(`outcome="${outcome}"\\} (\\d+)`).exec(body)?.[1] ?? 0),
      );
    };
    const small = await sharp(cat).resize(32, 32).jpeg().toBuffer();
    client.socket.pause();
    const [, before = 0] = await counts();
    let time = 0;
    // Dropped many more than come by the newest winning while one is computed.
    for (let now = await counts(); now[1]! < before + 60; now = await counts()) client.frame(small, ++time);
    // What was being computed then has been: a picture that comes later is answered later.
    const late = { method: "POST", url: "/v1/classify?labels=cat,dog", payload: cat } as const;
    await one.server.app.inject({ ...late, headers: { host: "localhost", "content-type": "image/jpeg" } });
    const [held] = await counts();
    for (let i = 0; i < 20; i++) client.frame(small, ++time);
    expect((await counts())[0]).toBe(held);
    client.socket.resume();
    let answer = await client.next("frame");
    while (answer.time < time) answer = await client.next("frame");
    await close(client);
  });

  it("a video that begins again ends what was seen", async () => {
    const client = await started();
    await client.next("ready");
    for (const time of [0, 0.5, 1, 0, 0.5]) {
      client.frame(cat, time);
      await client.next("frame");
    }
    client.say({ type: "end" });
    await client.next("done");
    const events = client.told.flatMap((answer) => (answer.type === "event" ? [answer.event] : []));
    expect(events).toEqual(["start", "end", "start", "end"]);
  });
});
