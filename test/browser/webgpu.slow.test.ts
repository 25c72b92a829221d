import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, type TestContext, test } from "vitest";
import { writeBrowserFiles } from "../../src/host/browser-files.js";
import { loadClip, orThrow } from "../../src/index.js";
import { CHROMIUM, openBrowser, reason } from "../page/parts.js";
import { cosine } from "../support/cosine.js";
import { placeFiveModels, vitCheckpoint } from "../support/five-models.js";
import { ISOLATED, type StaticServer, serveFiles } from "../support/static-server.js";
import { writePage } from "./site.js";

// WebGPU on an adapter in software (SwiftShader), which Chromium brings: it tells whether the numbers are right, and nothing about speed. ONNX
// Runtime 1.30 computes attention over more than 32 places wrong there: the models that have to be right are shorter.

/** Kernels of another order of sums, f32 as WebAssembly's. */
const LEAST_COSINE = 0.9999;

/** SwiftShader takes a second for a shader, and ten where others use the processor. */
const PATIENCE_MS = 900_000;

const PHOTOS = ["cat", "coffee", "rocket", "astronaut"];
/** One of them longer than a text tower reads. */
const TEXTS = ["a cat", "", "a photo of an astronaut, a rocket and a cup of coffee", "word ".repeat(200)];

/** What a page does with a model, in its own words. */
const PAGE = `
  globalThis.files = "/zeroclip/";
  globalThis.photos = () => Promise.all(${JSON.stringify(PHOTOS)}.map(async (name) =>
    new Uint8Array(await (await fetch("/repository/test/fixtures/pictures/" + name + ".jpg")).arrayBuffer())));
  globalThis.warnings = [];
  globalThis.open = async (model, device, more = {}) => {
    warnings.length = 0;
    globalThis.clip = await zeroclip.loadClip("/zeroclip/" + model + "/", {
      files, device, ...more, onWarning: (warning) => warnings.push(warning),
    });
    return clip.model.device;
  };
  globalThis.numbers = (results) => results.map((one) => "code" in one ? one.code : [...one]);
  globalThis.codeOf = (work) => work.then(() => "none", (error) => error.code + ": " + error.message);
`;

interface Told {
  readonly code: string;
  readonly message: string;
}

/** An ONNX Runtime whose WebGPU computes something else for what `when` (of a run's tensors) is true. */
const oddRuntime = (when: string): string => `
  import * as real from "/zeroclip/ort.webgpu.bundle.min.mjs";
  export const { env, Tensor } = real;
  export const InferenceSession = { async create(graph, options) {
    const session = await real.InferenceSession.create(graph, options);
    if (options.executionProviders[0] !== "webgpu") return session;
    return { release: () => session.release(), async run(feeds, names) {
      const found = await session.run(feeds, names);
      if (${when}) for (const { data } of Object.values(found)) data.reverse();
      return found;
    } };
  } };
`;
const ODD = { odd: "true", "odd-texts": 'Object.values(feeds).some(({ type }) => type !== "uint8")' };

function alike(found: readonly ArrayLike<number>[], expected: readonly ArrayLike<number>[]): void {
  expect(found.length).toBe(expected.length);
  for (const [i, vector] of found.entries())
    expect(cosine(vector, expected[i]!), `vector ${i}`).toBeGreaterThanOrEqual(LEAST_COSINE);
}

describe.skipIf(CHROMIUM === undefined)(`WebGPU in Chromium${reason}`, { timeout: PATIENCE_MS }, () => {
  let site = "";
  let server: StaticServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let adapter = false;
  /** Vectors by Node, of photos and texts. */
  let node: Record<string, { readonly photos: Float32Array[]; readonly texts: Float32Array[] }>;

  beforeAll(async () => {
    site = mkdtempSync(join(tmpdir(), "zeroclip-webgpu-"));
    const [home, models] = [join(site, "home"), join(site, "zeroclip")];
    placeFiveModels(home);
    const paths: Record<string, string> = { RN50: "RN50" };
    for (const [name, size, context] of [
      ["vit", 80, 24],
      ["long", 112, 77],
    ] as const) {
      paths[name] = join(site, `${name}.pt`);
      writeFileSync(paths[name], vitCheckpoint({ layers: 2, size, patch: 16, dim: 48, context }));
    }
    node = {};
    for (const [name, model] of Object.entries(paths)) {
      const written = await writeBrowserFiles(models, { models: [model], home, offline: true });
      const folder = written.models[0]!.name;
      if (folder !== name) symlinkSync(join(models, folder), join(models, name));
      await using clip = await loadClip(model, { home, offline: true });
      const files = PHOTOS.map((photo) => `test/fixtures/pictures/${photo}.jpg`);
      node[name] = { photos: orThrow(await clip.encodeImages(files)), texts: await clip.encodeTexts(TEXTS) };
    }
    for (const [name, when] of Object.entries(ODD)) {
      const folder = join(site, name);
      mkdirSync(folder);
      for (const file of readdirSync(models))
        if (/^(?:parts|worker\.js|ort.*)$/.test(file)) symlinkSync(join(models, file), join(folder, file));
      rmSync(join(folder, "ort.webgpu.bundle.min.mjs"));
      writeFileSync(join(folder, "ort.webgpu.bundle.min.mjs"), oddRuntime(when));
    }
    await writePage(site);
    server = await serveFiles({ "/": site, "/repository/": process.cwd() }, ISOLATED);
    browser = await openBrowser("/dev/null", ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]);
    context = await browser.newContext();
    page = await fresh();
    adapter = await page.evaluate("navigator.gpu?.requestAdapter().then((one) => one !== null) ?? false");
    await page.close();
  }, PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    rmSync(site, { recursive: true, force: true });
  });
  beforeEach(async (given: TestContext) => {
    if (!adapter) given.skip("this browser gives the page no adapter of WebGPU");
    page = await fresh();
  });
  afterEach(() => page.close());

  const fresh = async (): Promise<Page> => {
    const made = await context.newPage();
    made.setDefaultTimeout(PATIENCE_MS);
    await made.goto(`${server.url}/`);
    await made.waitForFunction("typeof zeroclip === 'object'");
    await made.evaluate(PAGE);
    return made;
  };
  const run = <T>(script: string): Promise<T> => page.evaluate<T>(`(async () => { ${script} })()`);
  const warnings = (): Promise<readonly Told[]> => run("return warnings.map((one) => ({ ...one }))");
  const photos = (options = "{}"): Promise<number[][]> =>
    run(`return numbers(await clip.encodeImages(await photos(), ${options}))`);
  const texts = (options = "{}"): Promise<number[][]> =>
    run(`return numbers(await clip.encodeTexts(${JSON.stringify(TEXTS)}, ${options}))`);
  /** The browser takes the worker's GPU away. */
  const lose = (): Promise<void> =>
    page.workers()[0]!.evaluate(`import("/zeroclip/ort.webgpu.bundle.min.mjs").then(async ({ env }) => {
      const device = await env.webgpu.device;
      device.destroy();
      await device.lost;
    })`);

  test("a ResNet has the vectors that Node has", async () => {
    expect(await run('return open("RN50", "webgpu")')).toBe("webgpu");
    alike(await photos(), node["RN50"]!.photos);
  });

  test("a ViT and its text tower have the vectors that Node has, one by one and in batches", async () => {
    expect(await run('return open("vit", "webgpu")')).toBe("webgpu");
    const expected = node["vit"]!;
    alike(await photos("{ batchSize: 1 }"), expected.photos);
    alike(await photos("{ batchSize: 4 }"), expected.photos);
    alike(await texts("{ batchSize: 1 }"), expected.texts);
    alike(await texts(), expected.texts);
    expect(await warnings()).toMatchObject([{ code: "text.truncated" }, { code: "text.truncated" }]);
  });

  test("`auto` takes it; pictures and texts may be asked for at once, both towers unopened", async () => {
    expect(await run('return open("vit", "auto")')).toBe("webgpu");
    const both = await run<number[][][]>(`return Promise.all([
      photos().then((all) => clip.encodeImages(all)).then(numbers),
      clip.encodeTexts(${JSON.stringify(TEXTS)}).then(numbers),
      clip.encodeTexts(["something else"]).then(numbers),
    ])`);
    alike(both[0]!, node["vit"]!.photos);
    alike(both[1]!, node["vit"]!.texts);
    expect((await warnings()).map(({ code }) => code)).toEqual(["text.truncated"]);
  });

  test("whatever `auto` takes, attention over 50 places and 77 tokens is right", async () => {
    await run('return open("long", "auto")');
    alike(await photos(), node["long"]!.photos);
    alike(await texts(), node["long"]!.texts);
  });

  test("a GPU that computes something else is not taken, and refused where it was asked for", async () => {
    expect(await run('files = "/odd/"; return open("vit", "auto")')).toBe("wasm");
    expect(await warnings()).toMatchObject([
      { code: "runtime.device", message: expect.stringMatching(/in place of WebGPU: .* cosine of/) },
    ]);
    alike(await photos(), node["vit"]!.photos);
    await run("await clip[Symbol.asyncDispose]()");
    expect(await run('return codeOf(open("vit", "webgpu"))')).toMatch(/^runtime\.device: .* cosine of/);
  });

  test("each tower is held against WebAssembly: one that differs is computed there", async () => {
    expect(await run('files = "/odd-texts/"; return open("vit", "auto")')).toBe("webgpu");
    alike(await photos(), node["vit"]!.photos);
    expect(await warnings()).toEqual([]);
    alike(await texts(), node["vit"]!.texts);
    expect((await warnings()).map(({ code }) => code).toSorted()).toEqual([
      "runtime.device",
      "text.truncated",
    ]);
  });

  test("`auto` goes on in WebAssembly when the browser loses the GPU, and says so once", async () => {
    expect(await run('return open("vit", "auto")')).toBe("webgpu");
    await photos();
    await lose();
    alike(await photos(), node["vit"]!.photos);
    alike(await photos("{ batchSize: 1 }"), node["vit"]!.photos);
    alike(await texts(), node["vit"]!.texts);
    const told = (await warnings()).filter(({ code }) => code === "runtime.device");
    expect(told).toHaveLength(1);
    expect(told[0]!.message).toMatch(/lost it/);
  });

  test("where the GPU was asked for its loss is an error of each call, and a new model opens", async () => {
    await run('return open("vit", "webgpu")');
    await lose();
    for (let again = 0; again < 2; again++)
      expect(await run("return codeOf(photos().then((all) => clip.encodeImages(all)))")).toMatch(
        /^runtime\.device: .*open the model anew/,
      );
    await run("await clip[Symbol.asyncDispose]()");
    expect(await run('return open("vit", "webgpu")')).toBe("webgpu");
    alike(await photos(), node["vit"]!.photos);
  });

  test("calls are aborted, and closing ends the worker", async () => {
    await run('return open("vit", "webgpu")');
    expect(
      await run(`const stopping = new AbortController();
        const all = Array(64).fill((await photos())[0]);
        return codeOf(clip.encodeImages(all, { batchSize: 1, signal: stopping.signal,
          onProgress: ({ done }) => done === 2 && stopping.abort() }))`),
    ).toMatch(/^aborted/);
    alike(await photos(), node["vit"]!.photos);
    await run("await clip[Symbol.asyncDispose]()");
    await expect.poll(() => page.workers().length).toBe(0);
    expect(await run("return codeOf(clip.encodeTexts(['something else']))")).toMatch(/^runtime\.closed/);
  });
});
