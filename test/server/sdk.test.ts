import type { AddressInfo } from "node:net";
import { createOpenAI } from "@ai-sdk/openai";
import { OpenAIEmbeddings } from "@langchain/openai";
import { embed, embedMany } from "ai";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dataUrl, startServer, type TestServer } from "./server.js";

let one: TestServer;
let baseURL = "";
beforeAll(async () => {
  one = await startServer();
  await one.server.app.listen({ port: 0, host: "127.0.0.1" });
  baseURL = `http://127.0.0.1:${(one.server.app.server.address() as AddressInfo).port}/v1`;
});
afterAll(() => one[Symbol.asyncDispose]());

const apiKey = "none is needed";
const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

it("the official openai client: embeddings in both forms, models, classes of errors", async () => {
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
  // Without a format the client asks for base64 and decodes it.
  const { data, usage, model } = await client.embeddings.create({
    model: "starter",
    input: ["a photo of a cat", dataUrl("cat"), "a photo of a rocket"],
  });
  expect(model).toBe("starter");
  expect(usage.total_tokens).toBeGreaterThan(10);
  const [words, picture, others] = data.map(({ embedding }) => embedding) as [number[], number[], number[]];
  expect(cosine(picture, picture)).toBeCloseTo(1, 4);
  expect(cosine(words, picture)).toBeGreaterThan(cosine(others, picture) + 0.1);
  const floats = await client.embeddings.create({
    model: "starter",
    input: "a cat",
    encoding_format: "float",
  });
  expect(floats.data[0]!.embedding).toHaveLength(words.length);

  const models = await client.models.list();
  expect(models.data.map(({ id }) => id)).toEqual(["starter"]);
  expect((await client.models.retrieve("starter")).owned_by).toBe("zeroclip");
  await expect(client.embeddings.create({ model: "other", input: "x" })).rejects.toBeInstanceOf(
    OpenAI.NotFoundError,
  );
  const refused = await client.embeddings
    .create({ model: "starter", input: [1, 2, 3] })
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(OpenAI.BadRequestError);
  expect(refused).toMatchObject({ status: 400, code: "usage.tokens", type: "invalid_request_error" });
});

it("LangChain.js's OpenAI embeddings", async () => {
  const embeddings = new OpenAIEmbeddings({
    model: "starter",
    apiKey,
    configuration: { baseURL },
    batchSize: 2,
  });
  const documents = await embeddings.embedDocuments(["a cat", "a dog", "a rocket"]);
  expect(documents).toHaveLength(3);
  const query = await embeddings.embedQuery("a cat");
  expect(cosine(query, documents[0]!)).toBeCloseTo(1, 4);
  expect(cosine(query, documents[2]!)).toBeLessThan(0.95);
});

it("the Vercel AI SDK", async () => {
  const openai = createOpenAI({ baseURL, apiKey });
  const model = openai.embedding("starter");
  const { embedding, usage } = await embed({ model, value: "a cat" });
  expect(usage.tokens).toBeGreaterThan(2);
  const { embeddings } = await embedMany({ model, values: ["a cat", "a rocket"] });
  expect(cosine(embedding, embeddings[0]!)).toBeCloseTo(1, 4);
});
