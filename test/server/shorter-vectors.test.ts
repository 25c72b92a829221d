import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { unit } from "../../src/math/unit.js";
import { copyCase, MODELS, type MultilingualCase } from "../models/multilingual-case.js";
import { startServer } from "./server.js";

const folder = await mkdtemp(join(tmpdir(), "zeroclip-shorter-"));
const { cases } = JSON.parse(await readFile(`${MODELS}models.json`, "utf8")) as {
  readonly cases: readonly MultilingualCase[];
};
await copyCase(cases.find(({ path }) => path === "jina-clip-v2")!, folder);
const running = await startServer({ settings: { models: [folder] } });
afterAll(async () => {
  await running[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const headers = { host: "localhost" };
const ask = (payload: object) =>
  running.server.app.inject({ method: "POST", url: "/v1/embeddings", payload, headers });

it("vectors of a model that was trained for it are cut and brought back to length 1", async () => {
  const whole = (await ask({ input: "a cat" })).json() as { data: { embedding: number[] }[] };
  const short = (await ask({ input: "a cat", dimensions: 16 })).json() as typeof whole;
  const [all, cut] = [whole, short].map(({ data }) => data[0]!.embedding);
  expect(all).toHaveLength(64);
  expect(cut).toEqual([...unit(Float32Array.from(all!.slice(0, 16)))]);
});

it("lengths that it was not trained for are refused with those that it was", async () => {
  const answer = await ask({ input: "a cat", dimensions: 20 });
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({
    code: "usage.dimensions",
    detail: expect.stringContaining("or one of 32, 16, 8, but received 20"),
  });
});

it("the list of models tells which", async () => {
  const { data } = (await running.server.app.inject({ url: "/v1/models", headers })).json();
  expect(data[0]).toMatchObject({ dim: 64, shorterDims: [32, 16, 8] });
});
