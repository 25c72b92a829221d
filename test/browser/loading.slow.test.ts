import { createHash } from "node:crypto";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CHROMIUM, newPage, openBrowser, reason } from "../page/parts.js";
import { ISOLATED, type StaticServer, serveFiles } from "../support/static-server.js";
import { writeSite } from "./site.js";

/** Opens the small model in the page and says what came of it. */
const OPEN = `async (given) => {
  const warnings = [], progress = [];
  try {
    const { model, stop, ...options } = given;
    const stopping = new AbortController();
    await using_(await zeroclip.loadClip(model ?? "bytes", {
      files: "/zeroclip/", ...options, signal: stopping.signal,
      onWarning: ({ code }) => warnings.push(code),
      onProgress: (one) => { progress.push(one); if (stop) stopping.abort(); },
    }));
    return { code: "none", warnings, progress, threads: using_.threads, vector: using_.vector };
  } catch (error) {
    return { code: error.code ?? String(error), warnings, progress };
  }
}`;

/** Classifies one picture with what was opened, and closes it. */
const USING = `globalThis.using_ = async (clip) => {
  const raw = { data: new Uint8Array(48).map((_, i) => 5 * i), width: 4, height: 4, channels: 3 };
  const [vector] = await clip.encodeImages([raw]);
  using_.threads = clip.threads;
  using_.vector = vector.length;
  await clip[Symbol.asyncDispose]();
}`;

interface Opened {
  readonly code: string;
  readonly warnings: readonly string[];
  readonly progress: readonly { stage: string; file?: string; done: number; total?: number }[];
  readonly threads?: number;
  readonly vector?: number;
}

describe.skipIf(CHROMIUM === undefined)(`loading in a browser${reason}`, { timeout: 180_000 }, () => {
  let site = "";
  let server: StaticServer;
  let plain: StaticServer;
  let elsewhere: StaticServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    site = mkdtempSync(join(tmpdir(), "zeroclip-loading-"));
    await writeSite(site);
    cpSync(join(site, "zeroclip/bytes"), join(site, "zeroclip/changed"), { recursive: true });
    appendFileSync(join(site, "zeroclip/changed/image.onnx"), "!");
    server = await serveFiles({ "/": site }, ISOLATED);
    plain = await serveFiles({ "/": site });
    elsewhere = await serveFiles(
      { "/": join(site, "zeroclip") },
      { "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin" },
    );
    browser = await openBrowser("/dev/null");
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    for (const one of [server, plain, elsewhere]) await one?.[Symbol.asyncDispose]();
    rmSync(site, { recursive: true, force: true });
  });
  beforeEach(async () => {
    context = await browser.newContext();
    page = await opened(server);
    server.asked.length = 0;
  });
  afterEach(() => context.close());

  const opened = async (from: StaticServer): Promise<Page> => {
    const made = await newPage(context);
    await made.goto(`${from.url}/`);
    await made.waitForFunction("typeof zeroclip === 'object'");
    await made.evaluate(USING);
    return made;
  };
  const open = (options: object = {}, on = page): Promise<Opened> =>
    on.evaluate<Opened>(`(${OPEN})(${JSON.stringify(options)})`);
  const asked = (path: string): number => server.asked.filter((one) => one === path).length;
  const stored = (): Promise<{ model: string; bytes: number }[]> => page.evaluate("zeroclip.storedModels()");
  const hash = createHash("sha256");

  test("is told as it goes, kept, and not downloaded again until it is cleared", async () => {
    const first = await open();
    expect(first).toMatchObject({ code: "none", vector: 32 * 32 * 3, warnings: [] });
    const image = first.progress.filter(({ file }) => file === "image.onnx");
    expect(image.at(-1)).toMatchObject({ stage: "download", done: image[0]?.total });
    expect(asked("/zeroclip/bytes/image.onnx")).toBe(1);
    expect((await open()).code).toBe("none");
    expect(asked("/zeroclip/bytes/image.onnx")).toBe(1);
    const names = ["image.onnx", "text.onnx", "zeroclip.json"];
    const bytes = names.reduce(
      (sum, name) => sum + readFileSync(join(site, "zeroclip/bytes", name)).length,
      0,
    );
    expect(await stored()).toMatchObject([{ model: `${server.url}/zeroclip/bytes/`, bytes }]);
    expect(await page.evaluate("zeroclip.clearModels()")).toBe(bytes);
    expect(await stored()).toEqual([]);
    expect((await open()).code).toBe("none");
    expect(asked("/zeroclip/bytes/image.onnx")).toBe(2);
  });

  test("tabs that open at once share one download", async () => {
    const others = await Promise.all([opened(server), opened(server)]);
    const all = await Promise.all([page, ...others].map((one) => open({}, one)));
    expect(all.map(({ code }) => code)).toEqual(["none", "none", "none"]);
    expect(asked("/zeroclip/bytes/image.onnx")).toBe(1);
    expect(asked("/zeroclip/bytes/text.onnx")).toBe(1);
  });

  test("nothing is kept where that is not wanted, nor what was changed on its way", async () => {
    expect((await open({ keep: false })).code).toBe("none");
    expect((await open({ model: "changed" })).code).toBe("download.hash");
    const files = await page.evaluate<number>(
      "zeroclip.storedModels().then((all) => all.flatMap(({ files }) => files).length)",
    );
    expect(files).toBeLessThanOrEqual(1);
  });

  test("a model of another site needs the hash of its list", async () => {
    const model = `${elsewhere.url}/bytes/`;
    expect((await open({ model })).code).toBe("usage.hash");
    expect((await open({ model, sha256: "0".repeat(64) })).code).toBe("download.hash");
    const sha256 = hash.update(readFileSync(join(site, "zeroclip/bytes/checksums.json"))).digest("hex");
    expect((await open({ model, sha256 })).code).toBe("none");
  });

  test("without cross-origin isolation one thread computes, and a note says so", async () => {
    const found = await open({}, await opened(plain));
    expect(found).toMatchObject({ code: "none", threads: 1, warnings: ["runtime.threads"] });
    expect((await open({ threads: 1 }, await opened(plain))).warnings).toEqual([]);
  });

  test("what hinders it has a code", async () => {
    expect((await open({ files: "/nowhere/" })).code).toBe("runtime.thread");
    expect((await open({ threads: 0 })).code).toBe("runtime.options");
    // Before anything is kept: what is there already is opened without a word.
    expect((await open({ stop: true })).code).toBe("aborted");
    expect((await open({ device: "webgpu" })).code).toBe("runtime.device");
    expect((await open({ model: "" })).code).toBe("model.unknown");
    expect((await open()).code).toBe("none");
  });

  test("closing ends the worker", async () => {
    await open();
    await expect.poll(() => page.workers().length).toBe(0);
  });
});
