import type { AddressInfo } from "node:net";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mcpRoutes } from "../../src/mcp/http.js";
import { type SearchServer, startSearchServer } from "../server/database.js";
import { dataUrl } from "../server/server.js";

let one: SearchServer;
let client: Client;
beforeAll(async () => {
  one = await startSearchServer({ routes: [mcpRoutes] });
  await one.server.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = one.server.app.server.address() as AddressInfo;
  client = new Client({ name: "test", version: "0" });
  const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`));
  await client.connect(transport as Parameters<typeof client.connect>[0]);
}, 180_000);
afterAll(async () => {
  await client.close();
  await one[Symbol.asyncDispose]();
});

interface Found {
  readonly isError?: boolean;
  readonly structuredContent: { readonly hits: readonly { id: string; path: string; relevance?: number }[] };
  readonly content: readonly { readonly type: string; readonly text?: string; readonly mimeType?: string }[];
}

const call = async (name: string, args: Record<string, unknown>): Promise<Found> =>
  (await client.callTool({ name, arguments: args })) as unknown as Found;

it("tools are told with their descriptions and bounds", async () => {
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(["search_images", "find_similar"]));
  const schema = tools.find(({ name }) => name === "search_images")!.inputSchema;
  expect(schema.properties).toMatchObject({
    top: { type: "integer", minimum: 1, maximum: 50, default: 10 },
    text: { maxLength: 4000, description: expect.stringContaining("lighthouse") },
  });
  const classify = tools.find(({ name }) => name === "classify_image")!.inputSchema;
  expect(classify.properties).toMatchObject({
    images: {
      type: "array",
      minItems: 1,
      maxItems: 64,
      items: { description: expect.stringContaining("data URL") },
    },
  });
});

it("finds pictures by words and by a picture, and shows them", async () => {
  const { structuredContent, content } = await call("search_images", {
    text: "a cat",
    db: "memory",
    show: 1,
  });
  expect(structuredContent.hits[0]).toMatchObject({ path: expect.stringMatching(/cat/) });
  expect(content.map(({ type }) => type)).toEqual(["text", "text", "image"]);
  expect(content[2]!.mimeType).toBe("image/jpeg");
  const near = await call("search_images", { image: dataUrl("rocket"), all: true, top: 3 });
  expect(near.structuredContent.hits[0]!.path).toBe("things/rocket.jpg");
  const { id } = near.structuredContent.hits[0]!;
  const like = await call("find_similar", { id, all: true });
  expect(like.structuredContent.hits.map((hit) => hit.path)).not.toContain("things/rocket.jpg");
});

it.each<[string, Record<string, unknown>, RegExp]>([
  ["a file of the server", { image: "/etc/passwd" }, /\(input\.url\)$/],
  ["an unknown database", { text: "x", db: "nobody" }, /\(search\.missing\)$/],
  [
    "more than is given",
    { text: "x", top: 1000 },
    /top of the arguments of search_images .*\(usage\.request\)$/,
  ],
  ["an id that is none", { query: "like:../../x" }, /\(search\.filter\)$/],
])("%s is refused", async (_what, args, words) => {
  const { isError, content } = await call("search_images", args);
  expect(isError).toBe(true);
  expect(content[0]!.text).toMatch(words);
});

it("a tool that is none is the protocol's error", async () => {
  await expect(client.callTool({ name: "constructor", arguments: {} })).rejects.toThrow(/search_images/);
});
