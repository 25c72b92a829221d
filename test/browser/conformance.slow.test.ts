import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Clip, loadClip, predict } from "../../src/index.js";
import { CHROMIUM, newPage, openBrowser, reason } from "../page/parts.js";
import { cosine } from "../support/cosine.js";
import { ISOLATED, type StaticServer, serveFiles } from "../support/static-server.js";
import { CASES, type Plain, type World } from "./cases.js";
import { writeSite } from "./site.js";

/** Vectors of the two worlds: other kernels, the same graph. */
const LEAST_COSINE = 0.999;
/** Probabilities and cosines. */
const NEAR = 0.02;

const isVector = (value: Plain): value is readonly number[] =>
  Array.isArray(value) && value.length > 8 && value.every((one) => typeof one === "number");

/** The same but for what kernels may differ in; where it is not, says at which place. */
function compare(found: Plain, expected: Plain, at: string): void {
  if (isVector(expected) && isVector(found)) {
    expect({ at, length: found.length }).toEqual({ at, length: expected.length });
    expect(cosine(found, expected), at).toBeGreaterThanOrEqual(LEAST_COSINE);
  } else if (typeof expected === "number" && typeof found === "number") {
    expect(Math.abs(found - expected), `${at}: ${found}, not ${expected}`).toBeLessThanOrEqual(
      NEAR * Math.max(1, Math.abs(expected)),
    );
  } else if (
    typeof expected === "object" &&
    expected !== null &&
    typeof found === "object" &&
    found !== null
  ) {
    expect({ at, keys: Object.keys(found) }).toEqual({ at, keys: Object.keys(expected) });
    for (const [key, value] of Object.entries(expected))
      compare((found as Record<string, Plain>)[key]!, value as Plain, `${at}.${key}`);
  } else expect({ at, found }).toEqual({ at, found: expected });
}

describe.skipIf(CHROMIUM === undefined)(`Node and Chromium${reason}`, { timeout: 180_000 }, () => {
  let site = "";
  let server: StaticServer;
  let browser: Browser;
  let page: Page;
  const opened: Clip[] = [];

  beforeAll(async () => {
    site = mkdtempSync(join(tmpdir(), "zeroclip-browser-"));
    await writeSite(site);
    server = await serveFiles({ "/": site, "/repository/": process.cwd() }, ISOLATED);
    browser = await openBrowser("/dev/null");
    page = await newPage(await browser.newContext());
    await page.goto(`${server.url}/`);
    await page.waitForFunction("typeof runCase === 'function'");
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    rmSync(site, { recursive: true, force: true });
  });

  const node: World = {
    async open(model, options) {
      const clip = await loadClip(join(site, "zeroclip", model), {
        home: join(site, "home"),
        offline: true,
        ...options,
      });
      opened.push(clip);
      return clip;
    },
    file: async (path) => new Uint8Array(readFileSync(path)),
    predict,
  };

  test("the page is isolated, and ONNX Runtime may have threads", async () => {
    expect(await page.evaluate("[crossOriginIsolated, navigator.hardwareConcurrency > 0]")).toEqual([
      true,
      true,
    ]);
  });

  test.each(Object.keys(CASES))("%s", async (name) => {
    const expected = await CASES[name]!(node);
    for (const clip of opened.splice(0)) await clip[Symbol.asyncDispose]();
    const found = await page.evaluate<Plain>(`runCase(${JSON.stringify(name)})`);
    if (name.startsWith("exact")) expect(found).toEqual(expected);
    else compare(found, expected, name);
  });
});
