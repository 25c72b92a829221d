import { afterAll, beforeAll, expect, it } from "vitest";
import { type SearchServer, startSearchServer } from "./database.js";

let one: SearchServer;
beforeAll(async () => {
  one = await startSearchServer();
});
afterAll(() => one[Symbol.asyncDispose]());

it("smoke", async () => {
  const { app } = one.server;
  console.log((await app.inject({ url: "/v1/databases" })).body);
  console.log((await app.inject({ method: "POST", url: "/v1/search", payload: {} })).body);
  console.log(
    (await app.inject({ method: "POST", url: "/v1/search", payload: { text: "a cat", top: 2 } })).body,
  );
  console.log(
    (await app.inject({ method: "POST", url: "/v1/search", payload: { text: "a cat", all: true } })).body,
  );
  const { hits } = (await app.inject({ method: "POST", url: "/v1/search", payload: {} })).json();
  for (const url of [hits[0].thumbnail, hits[0].picture]) {
    const r = await app.inject({ url });
    console.log(url, r.statusCode, r.headers, r.rawPayload.length);
  }
  expect(1).toBe(1);
});
