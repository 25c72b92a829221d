import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ZeroclipClient } from "../../src/client/index.js";
import { ClipError } from "../../src/errors.js";
import type { PullCall } from "../../src/server/downloads.js";
import { keyStore } from "../../src/server/keys/store.js";
import { watchKeys } from "../../src/server/keys/watch.js";
import type { Evaluation } from "../../src/server/wire/manage.js";
import { startServer, type TestServer } from "./server.js";

let folder = "";
let one: TestServer;
let url = "";
let client: ZeroclipClient;
/** What the server asked of the network, and how it ends. */
let pulls: { model: string; call: PullCall; end: (error?: Error) => void }[] = [];

const PICTURES = { cat: ["cat"], coffee: ["coffee"], rocket: ["rocket", "broken"] };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-manage-"));
  for (const [label, names] of Object.entries(PICTURES)) {
    const at = join(folder, "data", "animals", label);
    mkdirSync(at, { recursive: true });
    for (const name of names) {
      if (name === "broken") writeFileSync(join(at, "broken.jpg"), "no picture");
      else copyFileSync(`test/fixtures/pictures/${name}.jpg`, join(at, `${name}.jpg`));
    }
  }
  mkdirSync(join(folder, "secret", "one"), { recursive: true });
  mkdirSync(join(folder, "secret", "two"));
  symlinkSync(join(folder, "secret"), join(folder, "data", "out"));
  // Links in what may be evaluated: of a picture, of a class, within and out of it.
  writeFileSync(
    join(folder, "secret", "one", "secret.jpg"),
    readFileSync("test/fixtures/pictures/astronaut.jpg"),
  );
  for (const set of ["linked", "led"])
    cpSync(join(folder, "data", "animals"), join(folder, "data", set), { recursive: true });
  symlinkSync(join(folder, "secret", "one", "secret.jpg"), join(folder, "data", "linked", "cat", "out.jpg"));
  symlinkSync(join(folder, "secret", "one"), join(folder, "data", "linked", "coffee", "deep"));
  symlinkSync(
    join(folder, "data", "animals", "cat", "cat.jpg"),
    join(folder, "data", "linked", "cat", "within.jpg"),
  );
  symlinkSync(join(folder, "secret", "one"), join(folder, "data", "led", "stranger"));
  const keys = await watchKeys(folder, (message) => expect.fail(message));
  one = await startServer({
    settings: { models: ["starter", "ViT-B/32"], evalFolders: [join(folder, "data")] },
    keys: () => keys.now,
    keyStore: keyStore(folder, keys),
    reports: join(folder, "reports"),
    models: {
      present: async (model) => model === "starter",
      pull: (model, call) =>
        new Promise((resolve, reject) => {
          pulls.push({ model, call, end: (error) => (error ? reject(error) : resolve()) });
          call.signal.addEventListener("abort", () => reject(new ClipError("aborted", "Ended.")));
        }),
    },
  });
  await one.server.warm();
  url = await one.server.app.listen({ host: "127.0.0.1", port: 0 });
  client = new ZeroclipClient({ baseUrl: url, retries: 0 });
});
afterAll(async () => {
  await one[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const inject = (options: InjectOptions) =>
  one.server.app.inject({ ...options, headers: { host: "localhost", ...options.headers } });

/** A value holds to its schema of /openapi.json. */
async function holds(name: string, value: unknown): Promise<void> {
  const document = (await inject({ url: "/openapi.json" })).json();
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "doc", ...document });
  const check = ajv.compile({ $ref: `doc#/components/schemas/${name}` });
  expect(check(value), JSON.stringify(check.errors)).toBe(true);
}

describe("evaluations", () => {
  it("offer what the operator allowed, measure it, and keep a report that opens in a sandbox", async () => {
    expect(await client.evaluations.folders()).toEqual(["data", "data/animals", "data/led", "data/linked"]);
    const begun = await client.evaluations.start({ folder: "data/animals", prompts: ["model", "retail"] });
    expect(begun).toMatchObject({ state: "running", asked: { models: ["starter"] } });
    await expect(client.evaluations.start({ folder: "data/animals" })).rejects.toMatchObject({
      code: "server.running",
      status: 409,
    });
    const ended = async () => {
      const list = await client.evaluations.list();
      await holds("EvaluationList", list);
      return list.evaluations[0];
    };
    await expect.poll(async () => (await ended())?.state).toBe("done");
    const [done] = (await client.evaluations.list()).evaluations;
    expect(done!.figures).toMatchObject([
      { model: "starter", prompts: "model", images: 3, classes: 3, top1: 1 },
      { model: "starter", prompts: "retail", images: 3 },
    ]);
    const page = await inject({ url: done!.report! });
    expect(page.body).toContain("rocket/broken.jpg");
    expect(page.headers["content-security-policy"]).toMatch(/^sandbox allow-scripts; default-src 'none'/);
    const other = done!.report!.replace(/mark=(.)/, (_, first) => `mark=${first === "A" ? "B" : "A"}`);
    expect((await inject({ url: other })).json()).toMatchObject({ code: "server.auth" });
    const late = done!.report!.replace(/until=\d+/, "until=1");
    expect((await inject({ url: late })).statusCode).toBe(401);
    writeFileSync(join(folder, "reports", "mine.html"), "<!doctype html>");
    expect((await client.evaluations.list()).evaluations.map(({ id }) => id)).toEqual(["mine", done!.id]);
    await client.evaluations.remove("mine");
    await client.evaluations.remove(done!.id);
    expect((await client.evaluations.list()).evaluations).toEqual([]);
  });

  it("end when asked, and tell what went wrong", async () => {
    // With prompts enough to run on for a while.
    const prompts = ["imagenet-80", "imagenet-7", "retail", "food", "texture", "sketch"];
    const { id } = await client.evaluations.start({ folder: "data/animals", prompts });
    await client.evaluations.remove(id);
    expect((await client.evaluations.list()).evaluations).toMatchObject([{ id, state: "cancelled" }]);
    const failing = await client.evaluations.start({ folder: "data/animals/cat" });
    const states = async () =>
      (await client.evaluations.list()).evaluations.find((found) => found.id === failing.id);
    await expect.poll(async () => (await states())?.state).toBe("failed");
    expect((await states())?.error?.code).toMatch(/^evaluate\./);
    for (const { id: gone } of (await client.evaluations.list()).evaluations)
      await client.evaluations.remove(gone);
  });

  it.each([
    ["data/../secret", "server.not-found"],
    ["data/out", "server.not-found"],
    ["/etc", "server.not-found"],
    ["database", "server.not-found"],
    ["data/animals\0", "server.not-found"],
    ["data/nothing", "server.not-found"],
  ])("never leave the folders: %j", async (name, code) => {
    await expect(client.evaluations.start({ folder: name })).rejects.toMatchObject({ code });
  });

  it("links that lead out are not followed: no picture of elsewhere is in a report", async () => {
    const ran = async (name: string): Promise<Evaluation> => {
      const { id } = await client.evaluations.start({ folder: name });
      const now = async () => (await client.evaluations.list()).evaluations.find((found) => found.id === id);
      await expect.poll(async () => (await now())?.state).not.toBe("running");
      return (await now())!;
    };
    const led = await ran("data/led");
    expect(led).toMatchObject({ state: "failed", error: { code: "evaluate.folder" } });
    const linked = await ran("data/linked");
    expect(linked).toMatchObject({ state: "done", figures: [{ images: 4 }] });
    const page = (await inject({ url: linked.report! })).body;
    expect(page).toContain("input.folder");
    const names = ["cat/out.jpg", "coffee/deep/secret.jpg", "rocket/broken.jpg"];
    for (const name of names) expect(page).toContain(name);
    expect(page).not.toContain(folder);
    for (const { id } of [led, linked]) await client.evaluations.remove(id);
  });

  it("are off where no folder is allowed; models, sets and prompts are checked before anything runs", async () => {
    await using closed = await startServer({ reports: join(folder, "none") });
    const asked = { method: "POST", url: "/v1/evaluations", payload: { folder: "data" } } as const;
    const answer = await closed.server.app.inject({ ...asked, headers: { host: "localhost" } });
    expect(answer.json()).toMatchObject({ status: 403, code: "server.off" });
    const start = (more: object) => client.evaluations.start({ folder: "data/animals", ...more });
    await expect(start({ models: ["RN50"] })).rejects.toMatchObject({ code: "model.unknown" });
    await expect(start({ labelSet: "nothing" })).rejects.toMatchObject({ code: "labels.set" });
    await expect(start({ prompts: ["retial"] })).rejects.toMatchObject({ code: "labels.domain" });
    const traversal = await inject({ url: "/v1/evaluations/..%2f..%2fkeys/report?until=1&mark=a" });
    expect(traversal.statusCode).toBe(401);
  });
});

describe("downloads", () => {
  it("are of models that are served, one at a time, with progress, and end when asked", async () => {
    expect((await client.models()).map(({ present }) => present)).toEqual([true, false]);
    await expect(client.downloads.start("RN50")).rejects.toMatchObject({ code: "model.unknown" });
    expect(await client.downloads.start("ViT-B/32")).toMatchObject({ state: "running", received: 0 });
    await expect(client.downloads.start("ViT-B/32")).rejects.toMatchObject({ code: "server.running" });
    pulls[0]!.call.onProgress({ file: "ViT-B-32.pt", received: 5, total: 10, bytesPerSecond: 2 });
    const list = await client.downloads.list();
    expect(list).toMatchObject([{ model: "ViT-B/32", file: "ViT-B-32.pt", received: 5, total: 10 }]);
    await holds("DownloadList", { downloads: list });
    await client.downloads.cancel("ViT-B/32");
    await expect.poll(async () => (await client.downloads.list())[0]?.state).toBe("cancelled");
    await client.downloads.start("ViT-B/32");
    pulls[1]!.end(new ClipError("download.failed", "Expected a network."));
    await expect
      .poll(async () => (await client.downloads.list())[0]?.error)
      .toEqual({ code: "download.failed", message: "Expected a network." });
    await client.downloads.start("ViT-B/32");
    pulls[2]!.end();
    await expect.poll(async () => (await client.downloads.list())[0]?.state).toBe("done");
    await expect(client.downloads.cancel("ViT-B/32")).rejects.toMatchObject({ status: 404 });
    pulls = [];
  });
});

describe("keys", () => {
  it("are made on this machine while none is needed, then by who may write; the server knows them at once", async () => {
    expect(await client.keys.list()).toEqual([]);
    const made = await client.keys.create({ name: "shop", scopes: ["read", "write"] });
    await holds("NewKey", made);
    await expect(client.keys.list()).rejects.toMatchObject({ code: "server.auth" });
    const owner = new ZeroclipClient({ baseUrl: url, apiKey: made.key, retries: 0 });
    const reader = await owner.keys.create({ name: "tab" });
    expect(await owner.keys.list()).toMatchObject([
      { name: "shop", own: true, scopes: ["read", "write"] },
      { name: "tab", own: false, scopes: ["read"] },
    ]);
    expect(JSON.stringify(await owner.keys.list())).not.toContain("hash");
    const tab = new ZeroclipClient({ baseUrl: url, apiKey: reader.key, retries: 0 });
    expect(await tab.models()).toHaveLength(2);
    for (const refused of [
      () => tab.keys.list(),
      () => tab.keys.create({ name: "more" }),
      () => tab.keys.remove(made.id),
      () => tab.downloads.start("ViT-B/32"),
      () => tab.evaluations.start({ folder: "data/animals" }),
    ])
      await expect(refused()).rejects.toMatchObject({ code: "server.scope", status: 403 });
    await owner.keys.remove(reader.id);
    await expect(tab.models()).rejects.toMatchObject({ code: "server.auth" });
    await expect(owner.keys.remove(reader.id)).rejects.toMatchObject({ status: 404 });
    await owner.keys.remove(made.id);
    expect(await client.keys.list()).toEqual([]);
  });

  it.each([
    { host: "0.0.0.0", auth: "none" as const },
    { trustProxy: true },
    { hosts: ["zeroclip.example"] },
  ])("are not changed without a key where others may reach the server: %j", async (settings) => {
    await using open = await startServer({
      settings,
      keyStore: { list: () => [], create: () => expect.fail(), remove: () => expect.fail() },
    });
    const asked = { method: "POST", url: "/v1/keys", payload: { name: "x" } } as const;
    const answer = await open.server.app.inject({ ...asked, headers: { host: "localhost" } });
    expect(answer.json()).toMatchObject({ status: 403, code: "server.scope" });
  });
});
