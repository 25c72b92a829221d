import { Ajv2020 } from "ajv/dist/2020.js";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataUrl, photo, startServer, type TestServer } from "./server.js";

let one: TestServer;
beforeAll(async () => {
  one = await startServer();
  await one.server.warm();
});
afterAll(() => one[Symbol.asyncDispose]());

const inject = (options: InjectOptions): Promise<LightMyRequestResponse> =>
  one.server.app.inject({ ...options, headers: { host: "localhost", ...options.headers } });
const ask = async (url: string, body: object, status = 200) => {
  const answer = await inject({ method: "POST", url, payload: body });
  expect(answer.statusCode, answer.body).toBe(status);
  return answer.json();
};
/** What is looked at of an operation of the OpenAPI document. */
interface Operation {
  readonly requestBody?: { readonly content: Record<string, { readonly example?: object } | undefined> };
}

const LABELS = ["cat", "coffee", "rocket"];

/** A form as browsers send it. */
function form(parts: readonly (readonly [name: string, value: string | Buffer, file?: string])[]) {
  const boundary = "----zeroclip";
  const payload = Buffer.concat([
    ...parts.flatMap(([name, value, file]) => [
      Buffer.from(
        `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file ? `; filename="${file}"\r\ncontent-type: image/jpeg` : ""}\r\n\r\n`,
      ),
      Buffer.from(value as Buffer),
      Buffer.from("\r\n"),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  return { payload, headers: { "content-type": `multipart/form-data; boundary=${boundary}` } };
}

describe("POST /v1/classify", () => {
  it("takes JSON, a form, and one picture as the body, and answers the same", async () => {
    const json = await ask("/v1/classify", { image: dataUrl("cat"), labels: LABELS });
    const sent = await inject({
      method: "POST",
      url: "/v1/classify",
      ...form([
        ["photo", photo("cat"), "shelf/cat.jpg"],
        ["labels", "cat, coffee,rocket"],
      ]),
    });
    const raw = await inject({
      method: "POST",
      url: `/v1/classify?labels=${encodeURIComponent(JSON.stringify(LABELS))}`,
      headers: { "content-type": "image/jpeg" },
      payload: photo("cat"),
    });
    expect(json).toMatchObject({ model: "starter", results: [{ image: "#0", calibrated: "default" }] });
    expect(json.results[0].predictions[0].label).toBe("cat");
    const predictions = json.results[0].predictions;
    expect(sent.json().results[0]).toMatchObject({ image: "cat.jpg", predictions });
    expect(raw.json().results[0].predictions).toEqual(predictions);
  });

  it("a picture that can't be read has an error beside the others' answers; all of them: 4xx with each one's", async () => {
    const broken = { data: Buffer.from("no picture").toString("base64"), name: "broken" };
    const some = await ask("/v1/classify", {
      images: [dataUrl("cat"), broken, dataUrl("rocket")],
      labels: LABELS,
    });
    expect(some.results.map(({ image }: { image: string }) => image)).toEqual(["#0", "broken", "#2"]);
    expect(some.results[1]).toMatchObject({ predictions: [], error: { code: "image.format" } });
    expect(some.results[2].predictions[0].label).toBe("rocket");
    const none = await ask("/v1/classify", { images: [broken, "data:text,x"], labels: LABELS }, 400);
    expect(none).toMatchObject({
      status: 400,
      code: "image.format",
      error: { type: "invalid_request_error" },
    });
    expect(none.results.map(({ error }: { error: { code: string } }) => error.code)).toEqual([
      "image.format",
      "input.data-url",
    ]);
  });

  it("knows sets, levels, languages, domains, top and what --abstain and --coverage ask", async () => {
    const level = await ask("/v1/classify", {
      image: dataUrl("coffee"),
      labelSet: "retail",
      level: 1,
      sum: true,
      lang: "zh",
      top: 2,
      domain: "retail",
    });
    expect(level.labelSet).toEqual({ name: "retail", version: 1 });
    expect(level.results[0].predictions).toHaveLength(2);
    const asked = { image: dataUrl("coffee"), labelSet: "retail", level: 1, top: 1 };
    const spoken = await ask("/v1/classify", { ...asked, promptLang: "zh" });
    const codes = ({ warnings = [] }: { warnings?: readonly { code: string }[] }): string[] =>
      warnings.map(({ code }) => code);
    expect(codes(spoken)).not.toContain("text.unknown-script");
    const strange = await ask("/v1/classify", { image: dataUrl("coffee"), labels: ["кофе", "кошка"] });
    expect(codes(strange)).toContain("text.unknown-script");
    expect(await ask("/v1/classify", { ...asked, promptLang: "xx" }, 400)).toMatchObject({
      code: "labels.language",
    });
    const unsure = await ask("/v1/classify", {
      image: dataUrl("cat"),
      labels: LABELS,
      abstain: 1,
      uncertainty: true,
    });
    expect(unsure.results[0]).toMatchObject({ abstained: true });
    expect(unsure.results[0].entropy).toBeGreaterThan(0);
    expect(
      await ask("/v1/classify", { image: dataUrl("cat"), labels: LABELS, coverage: 0.9 }, 400),
    ).toMatchObject({
      code: "calibrate.coverage",
    });
  });

  it.each([
    ["no labels", { image: "x" }, "usage.labels"],
    ["labels and a set", { image: "x", labels: ["a"], labelSet: "everyday" }, "usage.labels"],
    ["image and images", { image: "x", images: ["x"], labels: ["a"] }, "usage.request"],
    ["no picture", { labels: ["a"] }, "usage.request"],
    ["a path", { image: "/etc/passwd", labels: ["a"] }, "input.url"],
    ["an address", { image: "https://example.org/a.jpg", labels: ["a"] }, "input.url"],
    ["a field that there is not", { image: "x", labels: ["a"], colour: 1 }, "usage.request"],
    ["a label twice", { image: dataUrl("cat"), labels: ["a", "a"] }, "labels.duplicate"],
    [
      "a template without a place",
      { image: dataUrl("cat"), labels: ["a"], templates: ["x"] },
      "labels.template",
    ],
    [
      "a domain that there is not",
      { image: dataUrl("cat"), labels: ["a"], domain: "foods" },
      "labels.domain",
    ],
  ])("refuses %s", async (_, body, code) => {
    expect(await ask("/v1/classify", body, 400)).toMatchObject({ code });
  });

  it("refuses a model and a set that there are not, with the nearest", async () => {
    const model = await ask("/v1/classify", { image: dataUrl("cat"), labels: ["a"], model: "startr" }, 404);
    expect(model).toMatchObject({
      code: "model.unknown",
      detail: expect.stringContaining("Did you mean starter?"),
    });
    const set = await ask("/v1/classify", { image: dataUrl("cat"), labelSet: "evryday" }, 404);
    expect(set).toMatchObject({ code: "labels.set", detail: expect.stringContaining("everyday") });
  });
});

describe("POST /v1/embeddings", () => {
  it("speaks OpenAI's form, as numbers and as base64, and counts tokens", async () => {
    const floats = await ask("/v1/embeddings", { model: "starter", input: ["a cat", "a rocket"] });
    expect(floats).toMatchObject({ object: "list", model: "starter", data: [{ index: 0 }, { index: 1 }] });
    expect(floats.usage.prompt_tokens).toBe(floats.usage.total_tokens);
    expect(floats.usage.prompt_tokens).toBeGreaterThanOrEqual(6);
    const coded = await ask("/v1/embeddings", { input: "a cat", encoding_format: "base64" });
    const bytes = Buffer.from(coded.data[0].embedding, "base64");
    const vector = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(vector[0]).toBeCloseTo(floats.data[0].embedding[0], 6);
  });

  it("takes pictures in the forms that others use; all give one vector", async () => {
    const url = dataUrl("cat");
    const bodies = [
      { input: url },
      { input: [{ image: url }] },
      { input: [{ image: photo("cat").toString("base64") }] },
      { input: [url], modality: "image" },
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }] },
    ];
    const vectors: number[][] = [];
    for (const body of bodies) vectors.push((await ask("/v1/embeddings", body)).data[0].embedding);
    for (const vector of vectors) expect(vector).toEqual(vectors[0]);
  });

  it.each([
    ["tokens", { input: [1, 2, 3] }, "usage.tokens"],
    ["lists of tokens", { input: [[1, 2], [3]] }, "usage.tokens"],
    ["other dimensions", { input: "a", dimensions: 8 }, "usage.dimensions"],
    ["nothing", {}, "usage.request"],
    ["an empty list", { input: [] }, "usage.request"],
    ["more signs than a request may have", { input: Array(11).fill("a!".repeat(49_000)) }, "usage.request"],
    ["a broken picture", { input: ["data:image/png;base64,AAAA"] }, "image.format"],
  ])("refuses %s", async (_, body, code) => {
    expect(await ask("/v1/embeddings", body, 400)).toMatchObject({ code });
  });
});

it("POST /v1/similarity compares pictures and texts; a broken picture has null beside it", async () => {
  const found = await ask("/v1/similarity", {
    images: [dataUrl("cat"), { data: "AAAA" }],
    texts: ["a cat", "a rocket"],
  });
  expect(found.items.map(({ kind }: { kind: string }) => kind)).toEqual(["image", "image", "text", "text"]);
  expect(found.similarity[0][0]).toBeCloseTo(1, 5);
  expect(found.similarity[0][2]).toBeGreaterThan(found.similarity[0][3]);
  expect(found.similarity[1]).toEqual([null, null, null, null]);
});

describe("what watches it", () => {
  it("health, readiness, models and figures", async () => {
    expect((await inject({ method: "GET", url: "/healthz" })).json()).toEqual({ status: "ok" });
    expect((await inject({ method: "GET", url: "/readyz" })).json()).toEqual({ status: "ready" });
    const models = (await inject({ method: "GET", url: "/v1/models" })).json();
    expect(models.data[0]).toMatchObject({ id: "starter", object: "model", loaded: true, default: true });
    expect((await inject({ method: "GET", url: "/v1/models/starter" })).json()).toEqual(models.data[0]);
    expect((await inject({ method: "GET", url: "/v1/models/ViT-B%2F32" })).statusCode).toBe(404);
    const { body } = await inject({ method: "GET", url: "/metrics" });
    for (const name of [
      "requests_total",
      "request_seconds",
      "batch_size",
      "queue_wait_seconds",
      "model_bytes",
    ])
      expect(body).toContain(`zeroclip_${name}`);
  });

  it("answers hold to the OpenAPI document", async () => {
    const document = (await inject({ method: "GET", url: "/openapi.json" })).json();
    expect(document.openapi).toBe("3.1.0");
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: "doc", ...document });
    const holds = (name: string, value: unknown): void => {
      const check = ajv.compile({ $ref: `doc#/components/schemas/${name}` });
      expect(check(value), JSON.stringify(check.errors)).toBe(true);
    };
    holds(
      "ClassifyResponse",
      await ask("/v1/classify", { image: dataUrl("cat"), labelSet: "everyday", top: 3 }),
    );
    holds("EmbeddingsResponse", await ask("/v1/embeddings", { input: "a cat" }));
    holds("SimilarityResponse", await ask("/v1/similarity", { texts: ["a", "b"] }));
    holds("ModelList", (await inject({ method: "GET", url: "/v1/models" })).json());
    holds("LabelSetList", (await inject({ method: "GET", url: "/v1/label-sets" })).json());
    holds("LabelSet", (await inject({ method: "GET", url: "/v1/label-sets/everyday" })).json());
    holds("Problem", await ask("/v1/classify", {}, 400));
    holds("ClassifyProblem", await ask("/v1/classify", { image: { data: "AAAA" }, labels: LABELS }, 400));
    holds("Health", (await inject({ method: "GET", url: "/healthz" })).json());
    const paths = Object.keys(document.paths);
    for (const path of ["/v1/classify", "/v1/embeddings", "/v1/label-sets/{name}", "/v1/models/{model}"])
      expect(paths).toContain(path);
  });

  it("the examples of the OpenAPI document are answered as they stand", async () => {
    const { paths } = (await inject({ method: "GET", url: "/openapi.json" })).json();
    const asked: string[] = [];
    for (const [path, methods] of Object.entries<Record<string, Operation>>(paths)) {
      for (const [method, { requestBody }] of Object.entries(methods)) {
        const example = requestBody?.content["application/json"]?.example;
        // Keys are changed where the server has a store of them, which this one has not; nor has it databases and catalogues, whose
        // examples are asked in their own tests.
        if (!example || path === "/v1/keys" || /^\/v1\/(?:search|products)/.test(path)) continue;
        const url = path.replace("{name}", "shelf");
        const answer = await inject({ method: method.toUpperCase() as "POST", url, payload: example });
        expect([200, 201], `${method} ${url}: ${answer.body.slice(0, 200)}`).toContain(answer.statusCode);
        asked.push(`${method} ${path}`);
      }
    }
    expect(asked).toContain("post /v1/classify");
    expect(asked.length).toBeGreaterThanOrEqual(6);
    await inject({ method: "DELETE", url: "/v1/label-sets/shelf" });
  });

  it("the page of the API has nothing from elsewhere", async () => {
    const page = await inject({ method: "GET", url: "/docs" });
    expect(page.body).not.toMatch(/https?:\/\//);
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    for (const [, file] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const asset = await inject({ method: "GET", url: file! });
      expect(asset.statusCode).toBe(200);
      expect(asset.body.length).toBeGreaterThan(100);
    }
  });
});
