import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ZeroclipClient } from "../../src/client/index.js";
import { loadClip } from "../../src/clip.js";
import { writeAdapter } from "../../src/fewshot/adapter-file.js";
import { fitAdapter } from "../../src/fewshot/fewshot.js";
import { photo, startServer, type TestServer } from "./server.js";

let one: TestServer;
let client: ZeroclipClient;
const reach = async (server: TestServer): Promise<ZeroclipClient> => {
  await server.server.app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = server.server.app.server.address() as AddressInfo;
  return new ZeroclipClient({ baseUrl: `http://127.0.0.1:${port}`, retries: 0 });
};
beforeAll(async () => {
  one = await startServer();
  client = await reach(one);
});
afterAll(() => one[Symbol.asyncDispose]());

const told = async (asked: ZeroclipClient, picture: string, labelSet: string): Promise<string> => {
  const { results } = await asked.classify({ images: [photo(picture)], labelSet });
  return results[0]!.predictions[0]!.label;
};

describe("a label set with examples", () => {
  it("answers by them from the second label with pictures on, and as before when they are gone", async () => {
    const labels = [{ id: "x1", name: "model x1" }, { id: "x2", name: "model x2" }, "a cup of coffee"];
    await client.labelSets.put("shelf", { labels });
    expect(await client.labelSets.examples("shelf")).toEqual({
      ...{ labelSet: "shelf", model: "starter", labels: [], pictures: 0, active: false },
    });
    const before = await Promise.all(["cat", "rocket"].map((name) => told(client, name, "shelf")));

    const first = await client.labelSets.addExamples("shelf", "x1", [photo("cat")]);
    expect(first).toMatchObject({ added: 1, failed: [], pictures: 1, active: false });
    expect(await told(client, "rocket", "shelf")).toBe(before[1]);
    const second = await client.labelSets.addExamples("shelf", "model x2", [photo("rocket")]);
    expect(second).toMatchObject({
      labels: [
        { id: "x1", label: "model x1", pictures: 1 },
        { id: "x2", label: "model x2", pictures: 1 },
      ],
      active: true,
    });
    expect(await told(client, "cat", "shelf")).toBe("model x1");
    expect(await told(client, "rocket", "shelf")).toBe("model x2");

    // The same picture counts once, and for the label that was said last.
    expect(await client.labelSets.addExamples("shelf", "x1", [photo("cat")])).toMatchObject({ pictures: 2 });
    expect(await client.labelSets.addExamples("shelf", "x2", [photo("cat")])).toMatchObject({
      labels: [{ id: "x2", pictures: 2 }],
      active: false,
    });
    await client.labelSets.addExamples("shelf", "x1", [photo("cat")]);

    // A label that comes later is known by its words, and keeps what the others learnt.
    await client.labelSets.patch("shelf", { add: ["a photo of a dog"] });
    expect(await told(client, "cat", "shelf")).toBe("model x1");
    const { results } = await client.classify({ images: [photo("cat")], labelSet: "shelf" });
    expect(results[0]!.predictions).toHaveLength(4);

    expect(await client.labelSets.removeExamples("shelf", "x1")).toMatchObject({ pictures: 1 });
    expect(await client.labelSets.removeExamples("shelf")).toMatchObject({ pictures: 0 });
    await client.labelSets.patch("shelf", { remove: ["a photo of a dog"] });
    const after = await Promise.all(["cat", "rocket"].map((name) => told(client, name, "shelf")));
    expect(after).toEqual(before);
  });

  it("are kept over an end of the server, and go with the set", async () => {
    await client.labelSets.put("kept", { labels: ["model x1", "model x2"] });
    await client.labelSets.addExamples("kept", "model x2", [photo("cat")]);
    await client.labelSets.addExamples("kept", "model x1", [photo("rocket")]);
    const folders = { labelSets: join(one.home, "label-sets"), examples: join(one.home, "examples") };
    await using again = await startServer(folders);
    const other = await reach(again);
    expect(await told(other, "cat", "kept")).toBe("model x2");
    // What one server learns the other answers by.
    await client.labelSets.addExamples("kept", "model x1", [photo("cat")]);
    await client.labelSets.addExamples("kept", "model x2", [photo("rocket")]);
    expect(await told(other, "cat", "kept")).toBe("model x1");
    await client.labelSets.delete("kept");
    expect(readdirSync(folders.examples)).not.toContain("kept");
  });

  it("a damaged file is left out, and told where it is asked for", async () => {
    await client.labelSets.put("hurt", { labels: ["cat", "rocket"] });
    await client.labelSets.addExamples("hurt", "cat", [photo("cat")]);
    const [name] = readdirSync(join(one.home, "examples", "hurt"));
    writeFileSync(join(one.home, "examples", "hurt", name!), "no tensors");
    expect(await told(client, "cat", "hurt")).toBe("cat");
    await expect(client.labelSets.examples("hurt")).rejects.toMatchObject({ code: "fewshot.adapter" });
  });

  it("what can't be learnt from is said", async () => {
    await client.labelSets.put("odd", { labels: ["cat", "rocket"] });
    await expect(client.labelSets.addExamples("odd", "dog", [photo("cat")])).rejects.toMatchObject({
      ...{
        status: 404,
        code: "labels.set",
        message: expect.stringMatching(/a label of odd but it has no "dog"/),
      },
    });
    await expect(client.labelSets.addExamples("nothing", "cat", [photo("cat")])).rejects.toMatchObject({
      code: "labels.set",
    });
    await expect(
      client.labelSets.addExamples("odd", "cat", [new TextEncoder().encode("no picture")]),
    ).rejects.toMatchObject({ status: 400, code: "image.format" });
    const broken = new TextEncoder().encode("no picture");
    expect(await client.labelSets.addExamples("odd", "cat", [broken, photo("cat")])).toMatchObject({
      added: 1,
      failed: [{ image: "#0", error: { code: "image.format" } }],
    });
    const answer = await one.server.app.inject({
      ...{ method: "POST", url: "/v1/label-sets/odd/examples", headers: { host: "localhost" } },
      payload: { label: "cat", images: [] },
    });
    expect(answer.statusCode).toBe(400);
    await client.labelSets.put("many", { labels: Array.from({ length: 1001 }, (_, i) => `label ${i}`) });
    await expect(client.labelSets.addExamples("many", "label 1", [photo("cat")])).rejects.toMatchObject({
      ...{ status: 400, code: "fewshot.shots", message: expect.stringMatching(/at most 1000 labels/) },
    });
  });
});

describe("--adapter", () => {
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-served-adapter-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "shelf.safetensors");
  const labels = ["cat", "rocket"];

  it("changes the answers of its model, which says so; another's is refused", async () => {
    {
      await using clip = await loadClip("starter", { calibration: false });
      const { vectors } = await clip.zeroShotWeights(labels);
      const [cat, rocket] = await clip.encodeImages([photo("cat"), photo("rocket")]);
      if (cat instanceof Error || rocket instanceof Error) throw new Error("The pictures can't be read.");
      // Taught the wrong way round: what it says then comes from the pictures.
      const shots = {
        ...{ labels, texts: vectors, features: [cat!, rocket!], truth: Int32Array.of(1, 0) },
        logitScale: clip.model.logitScale,
      };
      const adapter = await fitAdapter(clip, shots, clip.model.templates, { method: "prototypes" });
      await writeAdapter(file, adapter);
      await writeAdapter(join(folder, "other.safetensors"), {
        ...adapter,
        model: { ...adapter.model, revision: "f".repeat(64) },
      });
      await writeAdapter(join(folder, "far.safetensors"), {
        ...adapter,
        model: { ...adapter.model, name: "ViT-B/32" },
      });
    }
    await using taught = await startServer({ settings: { adapter: [file] } });
    const asked = await reach(taught);
    const { results } = await asked.classify({ images: [photo("cat")], labels });
    expect(results[0]).toMatchObject({ calibrated: "fitted", predictions: [{ label: "rocket" }, {}] });
    // Without labels they are the adapter's, as on the command line; a model without one still asks for them.
    expect((await asked.classify({ images: [photo("cat")] })).results).toEqual(results);
    await expect(client.classify({ images: [photo("cat")] })).rejects.toMatchObject({
      code: "usage.labels",
      status: 400,
    });
    expect((await asked.models())[0]).toMatchObject({
      adapter: { name: "shelf.safetensors", method: "prototypes", labels: 2, pictures: 2 },
    });

    await using wrong = await startServer({ settings: { adapter: [join(folder, "other.safetensors")] } });
    await expect((await reach(wrong)).classify({ images: [photo("cat")], labels })).rejects.toMatchObject({
      code: "fewshot.model",
      status: 409,
    });
    await expect(
      startServer({ settings: { adapter: [join(folder, "far.safetensors")] } }),
    ).rejects.toMatchObject({
      code: "usage.setting",
      message: expect.stringMatching(/far\.safetensors was fitted on ViT-B\/32/),
    });
    copyFileSync(file, join(folder, "twin.safetensors"));
    await expect(
      startServer({ settings: { adapter: [file, join(folder, "twin.safetensors")] } }),
    ).rejects.toMatchObject({ code: "usage.setting", message: expect.stringMatching(/one adapter a model/) });
  });
});
