import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ListRootsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mcpRoutes } from "../../src/mcp/http.js";
import { dataUrl, photo, startServer, type TestServer } from "../server/server.js";

interface Result {
  readonly isError?: boolean;
  readonly structuredContent?: unknown;
  readonly content: readonly { readonly text: string }[];
}

const call = async (client: Client, name: string, args: Record<string, unknown>): Promise<Result> =>
  (await client.callTool({ name, arguments: args })) as unknown as Result;
const refused = async (client: Client, name: string, args: Record<string, unknown>): Promise<string> => {
  const { isError, content } = await call(client, name, args);
  expect(isError).toBe(true);
  return content[0]!.text;
};

describe("on stdin and stdout", () => {
  let folder = "";
  let client: Client;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "zeroclip-mcp-"));
    mkdirSync(join(folder, "allowed", "inner"), { recursive: true });
    writeFileSync(join(folder, "allowed", "inner", "cat.jpg"), photo("cat"));
    writeFileSync(join(folder, "secret.jpg"), photo("rocket"));
    symlinkSync(join(folder, "secret.jpg"), join(folder, "allowed", "link.jpg"));
    symlinkSync(folder, join(folder, "allowed", "up"));
    mkdirSync(join(folder, "allowed-not"));
    writeFileSync(join(folder, "allowed-not", "cat.jpg"), photo("cat"));
    spawnSync("mkfifo", [join(folder, "allowed", "inner", "pipe.jpg")]);
    client = new Client({ name: "test", version: "0" });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [
          "dist/cli/main.js",
          "mcp",
          "--allow-folder",
          join(folder, "allowed"),
          "--home",
          join(folder, "home"),
          "--offline",
        ],
      }),
    );
  });
  afterAll(async () => {
    await client.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("offers its tools with what they take and give", async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual([
      "classify_image",
      "compare_images",
      "embed",
      "list_models",
    ]);
    for (const { description, inputSchema, outputSchema } of tools) {
      expect(description!.length).toBeGreaterThan(60);
      expect(inputSchema.type).toBe("object");
      expect(outputSchema?.type).toBe("object");
    }
  });

  it("classifies a file of an allowed folder and a picture inline", async () => {
    const images = [join(folder, "allowed/inner/cat.jpg"), dataUrl("rocket")];
    const { structuredContent, content } = await call(client, "classify_image", {
      images,
      labels: ["cat", "rocket"],
    });
    expect(structuredContent).toMatchObject({
      model: "starter",
      results: [{ predictions: [{ label: "cat" }, {}] }, { predictions: [{ label: "rocket" }, {}] }],
    });
    expect(JSON.parse(content[0]!.text)).toEqual(structuredContent);
    const set = await call(client, "classify_image", {
      images: [dataUrl("cat")],
      labelSet: "everyday",
      top: 2,
    });
    expect(set.structuredContent).toMatchObject({ labelSet: { name: "everyday" } });
  });

  it.each([
    ["another folder", "secret.jpg"],
    ["a way out", "allowed/../secret.jpg"],
    ["a link out", "allowed/link.jpg"],
    ["a link of a folder out", "allowed/up/secret.jpg"],
    ["a folder whose name begins alike", "allowed-not/cat.jpg"],
    ["a coded way out", "allowed/%2e%2e/secret.jpg"],
    ["a way through the process", "../../proc/self/root/etc/hostname"],
    ["a zero byte", "allowed/inner/cat.jpg\0.png"],
    ["a pipe", "allowed/none/pipe.jpg"],
    ["nothing", "allowed/none.jpg"],
    ["a file's address", "file:///etc/hostname"],
    ["the folder itself", "allowed"],
  ])("reads nothing from %s, and all that is not allowed looks the same", async (_, path) => {
    const words = await refused(client, "classify_image", {
      images: [join(folder, path)],
      labels: ["a", "b"],
    });
    expect(words).toMatch(
      /^Expected a picture in one of the allowed folders .* is not there\. \(input\.folder\)$/,
    );
  });

  it("a pipe is not waited for, and a folder's own name is no picture", async () => {
    const images = [join(folder, "allowed/inner/pipe.jpg")];
    const words = await refused(client, "classify_image", { images, labels: ["a", "b"] });
    expect(words).toMatch(/\(input\.(?:file|folder)\)$/);
  });

  it("an address and a broken picture are the tool's errors; the next call is answered", async () => {
    const images = ["https://example.org/a.jpg"];
    expect(await refused(client, "classify_image", { images, labels: ["a", "b"] })).toMatch(
      /\(input\.url\)$/,
    );
    const broken = ["data:image/png;base64,AAAA"];
    expect(await refused(client, "embed", { images: broken })).toMatch(/\(image\.format\)$/);
    expect(await refused(client, "compare_images", { texts: ["one alone"] })).toMatch(/\(usage\.request\)$/);
    expect(await refused(client, "embed", { texts: ["x"], model: "startr" })).toMatch(
      /Did you mean starter\?/,
    );
    const { structuredContent } = await call(client, "compare_images", {
      images: [dataUrl("cat")],
      texts: ["a cat", "a rocket"],
    });
    const { similarity } = structuredContent as { similarity: number[][] };
    expect(similarity[0]![1]).toBeGreaterThan(similarity[0]![2]!);
    const embedded = await call(client, "embed", { texts: ["a cat"] });
    const { items, dim } = embedded.structuredContent as { items: { vector: number[] }[]; dim: number };
    expect(items[0]!.vector).toHaveLength(dim);
    expect((await call(client, "list_models", {})).structuredContent).toMatchObject({
      data: [{ id: "starter" }],
    });
  });

  it("label sets are resources", async () => {
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toContain("zeroclip://label-sets/retail");
    const { contents } = await client.readResource({ uri: "zeroclip://label-sets/everyday" });
    const set = JSON.parse((contents[0] as { text: string }).text) as { labels: unknown[] };
    expect(set.labels.length).toBeGreaterThan(50);
    await expect(client.readResource({ uri: "zeroclip://label-sets/..%2fkeys" })).rejects.toThrow(
      /label set/,
    );
  });
});

describe("folders that the client works in", () => {
  it("may be read where no other is named, as they are now", async () => {
    const folder = mkdtempSync(join(tmpdir(), "zeroclip-roots-"));
    for (const name of ["one", "two"]) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "cat.jpg"), photo("cat"));
    }
    let roots = [pathToFileURL(join(folder, "one")).href, "file://elsewhere/share"];
    const client = new Client(
      { name: "test", version: "0" },
      { capabilities: { roots: { listChanged: true } } },
    );
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: roots.map((uri) => ({ uri })) }));
    const main = ["dist/cli/main.js", "mcp", "--home", join(folder, "home"), "--offline"];
    await client.connect(new StdioClientTransport({ command: process.execPath, args: main }));
    const ask = (name: string) =>
      call(client, "classify_image", { images: [join(folder, name, "cat.jpg")], labels: ["cat", "dog"] });
    expect((await ask("one")).structuredContent).toMatchObject({
      results: [{ predictions: [{ label: "cat" }, {}] }],
    });
    expect((await ask("two")).isError).toBe(true);
    roots = [pathToFileURL(join(folder, "two")).href];
    await client.sendRootsListChanged();
    expect((await ask("two")).isError).toBeUndefined();
    expect((await ask("one")).isError).toBe(true);
    await client.close();
    rmSync(folder, { recursive: true, force: true });
  });
});

describe("over HTTP", () => {
  let one: TestServer;
  let url: URL;
  beforeAll(async () => {
    one = await startServer({ routes: [mcpRoutes] });
    await one.server.app.listen({ port: 0, host: "127.0.0.1" });
    url = new URL(`http://127.0.0.1:${(one.server.app.server.address() as AddressInfo).port}/mcp`);
  });
  afterAll(() => one[Symbol.asyncDispose]());

  it("answers the SDK's client; no file of the server's machine is read", async () => {
    const client = new Client({ name: "test", version: "0" });
    await client.connect(new StreamableHTTPClientTransport(url) as Parameters<Client["connect"]>[0]);
    const found = await call(client, "classify_image", { images: [dataUrl("cat")], labels: ["cat", "dog"] });
    expect(found.structuredContent).toMatchObject({ results: [{ predictions: [{ label: "cat" }, {}] }] });
    const path = new URL("../fixtures/pictures/cat.jpg", import.meta.url).pathname;
    expect(await refused(client, "classify_image", { images: [path], labels: ["a", "b"] })).toMatch(
      /no folder may be read/,
    );
    await client.close();
  });

  it("what is no protocol, a foreign page and other methods are refused", async () => {
    const post = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(url, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          ...headers,
        },
      });
    expect((await post("{}")).status).toBe(400);
    expect((await post("nothing")).status).toBe(400);
    expect((await post("{}", { origin: "https://attacker.example" })).status).toBe(403);
    expect((await fetch(url)).status).toBe(405);
    expect((await post("{}", { accept: "text/html" })).status).toBe(406);
    // One of a question and its own cancelling would never be answered.
    const [ask, cancel] = [
      { jsonrpc: "2.0", id: 1, method: "tools/list" },
      { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } },
    ];
    const list = await post(JSON.stringify([ask, cancel]));
    expect([list.status, ((await list.json()) as { code: string }).code]).toEqual([400, "usage.request"]);
    expect((await post(JSON.stringify(cancel))).status).toBe(202);
    expect((await post(JSON.stringify(ask))).status).toBe(200);
  });
});
