import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer, type TestServer } from "./server.js";

const MOST = 50_000;
let one: TestServer;
let url = "";
beforeAll(async () => {
  one = await startServer({ settings: { maxBodyBytes: MOST } });
  await one.server.app.listen({ port: 0, host: "127.0.0.1" });
  url = `http://127.0.0.1:${(one.server.app.server.address() as AddressInfo).port}/v1/classify`;
});
afterAll(() => one[Symbol.asyncDispose]());

/** A form of six files of 10 KB, none of them too large by itself. */
async function form(): Promise<{ body: Buffer; type: string }> {
  const parts = new FormData();
  for (let i = 0; i < 6; i++) parts.append("image", new Blob([new Uint8Array(10_000)]), `${i}.jpg`);
  parts.append("labels", "cat,dog");
  const sent = new Response(parts);
  return { body: Buffer.from(await sent.arrayBuffer()), type: sent.headers.get("content-type")! };
}

async function refused(body: string | Buffer | ReadableStream, type: string): Promise<string> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": type },
    body,
    duplex: "half",
  } as unknown as RequestInit);
  const problem = (await answer.json()) as { code: string; detail: string };
  expect([answer.status, problem.code]).toEqual([413, "server.too-large"]);
  return problem.detail;
}

describe("maxBodyBytes", () => {
  it("holds for a form as for any other body, and is told", async () => {
    const { body, type } = await form();
    const told = `Expected a body of at most ${MOST} bytes but received ${body.length}.`;
    expect(await refused(body, type)).toBe(told);
    expect(await refused("x".repeat(MOST + 1), "application/json")).toContain(`received ${MOST + 1}.`);
  });

  it("holds for a form that does not say how long it is", async () => {
    const { body, type } = await form();
    const told = `Expected a body of at most ${MOST} bytes but more came.`;
    expect(await refused(new Blob([body]).stream(), type)).toBe(told);
  });
});
