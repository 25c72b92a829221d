import { spawn, spawnSync } from "node:child_process";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer, type TestServer } from "../server/server.js";
import { PICTURES } from "../support/command.js";

const python = process.env["ZEROCLIP_PYTHON"];
const hasClient = python !== undefined && spawnSync(python, ["-c", "import openai"]).status === 0;
const reason = hasClient ? "" : " (skipped: ZEROCLIP_PYTHON names no Python with the package openai)";

const PROGRAM = `
import base64, json, sys
from openai import NotFoundError, OpenAI
client = OpenAI(base_url=sys.argv[1], api_key="none is needed", max_retries=0)
picture = "data:image/jpeg;base64," + base64.b64encode(open(sys.argv[2], "rb").read()).decode()
answer = client.embeddings.create(model="starter", input=["a photo of a cat", picture, "a rocket"])
words, cat, rocket = [item.embedding for item in answer.data]
dot = lambda a, b: sum(x * y for x, y in zip(a, b))
try:
    client.embeddings.create(model="other", input="x")
    status = 200
except NotFoundError as error:
    status = error.status_code
models = [model.id for model in client.models.list()]
print(json.dumps([dot(words, cat), dot(rocket, cat), answer.usage.total_tokens, models, status]))
`;

describe.skipIf(!hasClient)(`the official openai client of PyPI${reason}`, () => {
  let one: TestServer;
  beforeAll(async () => {
    one = await startServer();
    await one.server.app.listen({ port: 0, host: "127.0.0.1" });
  });
  afterAll(() => one[Symbol.asyncDispose]());

  it("works unchanged", async () => {
    const { port } = one.server.app.server.address() as AddressInfo;
    const child = spawn(python!, ["-c", PROGRAM, `http://127.0.0.1:${port}/v1`, `${PICTURES}/cat.jpg`]);
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
    });
    expect(await new Promise((done) => child.on("close", done))).toBe(0);
    const [cat, rocket, tokens, models, status] = JSON.parse(text) as [
      number,
      number,
      number,
      string[],
      number,
    ];
    expect(cat).toBeGreaterThan(rocket + 0.1);
    expect(tokens).toBeGreaterThan(5);
    expect(models).toEqual(["starter"]);
    expect(status).toBe(404);
  }, 60_000);
});
