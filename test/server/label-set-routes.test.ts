import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataUrl, startServer, type TestServer } from "./server.js";

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
describe("label sets", () => {
  it("change live: the next answer has the new label, and only its prompts are computed", async () => {
    const put = await inject({
      method: "PUT",
      url: "/v1/label-sets/shelf",
      payload: { labels: ["coffee", { id: "r", name: "rocket" }] },
    });
    expect(put.statusCode).toBe(200);
    const classify = () => ask("/v1/classify", { image: dataUrl("cat"), labelSet: "shelf" });
    expect(await classify()).toMatchObject({ labelSet: { name: "shelf", version: 1 } });
    one.texts.length = 0;
    const patch = await inject({
      method: "PATCH",
      url: "/v1/label-sets/shelf",
      headers: { "if-match": String(put.headers.etag) },
      payload: { add: ["cat", "espresso machine"] },
    });
    expect(patch.json()).toMatchObject({ version: 2, labels: 4 });
    const answer = await classify();
    expect(answer.labelSet).toEqual({ name: "shelf", version: 2 });
    expect(answer.results[0].predictions[0]).toMatchObject({ label: "cat", id: "cat" });
    expect(one.texts).toEqual(["cat", "espresso machine"]);

    const stale = await inject({
      method: "PATCH",
      url: "/v1/label-sets/shelf",
      headers: { "if-match": String(put.headers.etag) },
      payload: { remove: ["cat"] },
    });
    expect(stale.statusCode).toBe(412);
    expect(stale.json().code).toBe("server.version");

    const got = await inject({ method: "GET", url: "/v1/label-sets/shelf?version=1" });
    expect(got.json().labels.map(({ id }: { id: string }) => id)).toEqual(["coffee", "r"]);
    const same = await inject({
      method: "GET",
      url: "/v1/label-sets/shelf",
      headers: { "if-none-match": String(patch.headers.etag) },
    });
    expect(same.statusCode).toBe(304);
    const versions = await inject({ method: "GET", url: "/v1/label-sets/shelf/versions" });
    expect(versions.json()).toEqual({ versions: [1, 2] });
    expect((await inject({ method: "DELETE", url: "/v1/label-sets/shelf" })).statusCode).toBe(204);
    expect((await inject({ method: "GET", url: "/v1/label-sets/shelf" })).statusCode).toBe(404);
  });

  it("that ship stay as they are; one that is there is not created twice", async () => {
    const ready = await inject({ method: "PUT", url: "/v1/label-sets/everyday", payload: { labels: ["a"] } });
    expect(ready.statusCode).toBe(409);
    const body = { name: "twice", labels: ["a", "b"] };
    expect((await inject({ method: "POST", url: "/v1/label-sets", payload: body })).statusCode).toBe(201);
    expect((await inject({ method: "POST", url: "/v1/label-sets", payload: body })).statusCode).toBe(412);
    const listed = (await inject({ method: "GET", url: "/v1/label-sets" })).json().labelSets;
    expect(listed).toContainEqual(
      expect.objectContaining({ name: "twice", version: 1, labels: 2, ready: false }),
    );
    expect(listed.length).toBeGreaterThan(5);
  });

  it.each(["..%2f..%2fetc", "%00", "UPPER", "a".repeat(65), ".hidden"])(
    "a name such as %s is refused",
    async (name) => {
      const answer = await inject({
        method: "PUT",
        url: `/v1/label-sets/${name}`,
        payload: { labels: ["a", "b"] },
      });
      expect([400, 404]).toContain(answer.statusCode);
      expect(answer.json()).toHaveProperty("code");
    },
  );
});
