import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { makeShape } from "../../src/points/generate/generate.js";
import { plyBytes } from "../../src/points/write-ply.js";
import { plyHead } from "../points/hostile.js";
import {
  accessible,
  CHROMIUM,
  newPage,
  openBrowser,
  reason,
  soon,
  startServer,
  type TestServer,
} from "./parts.js";

/** Where pictures of the page are put for eyes, if anywhere. */
const SCREENS = process.env.ZEROCLIP_SCREENS;
const FILES = "input[type=file][accept^='.ply']";
const DESKTOP: BrowserContextOptions = { locale: "en-GB", viewport: { width: 1440, height: 1000 } };
const PHONE: BrowserContextOptions = {
  locale: "zh-CN",
  viewport: { width: 375, height: 760 },
  colorScheme: "dark",
  reducedMotion: "reduce",
  hasTouch: true,
};

describe.skipIf(CHROMIUM === undefined)(`the page's shapes${reason}`, { timeout: 180_000 }, () => {
  let folder = "";
  let server: TestServer;
  let browser: Browser;
  let context: BrowserContext | undefined;
  let page: Page;
  /** What the browser asked of anybody else, what it asked at all, and what went wrong. */
  let [strangers, asked, faults]: [string[], string[], string[]] = [[], [], []];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "zeroclip-shapes-"));
    if (SCREENS) mkdirSync(SCREENS, { recursive: true });
    [server, browser] = await Promise.all([
      startServer(join(folder, "home")),
      openBrowser("/dev/null", ["--enable-unsafe-swiftshader"]),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await context?.close();
    expect(strangers).toEqual([]);
    expect(faults).toEqual([]);
  });

  async function open(options: BrowserContextOptions, view = "shapes", from = browser): Promise<void> {
    [strangers, asked, faults] = [[], [], []];
    context = await from.newContext(options);
    page = await newPage(context);
    page.on("request", (request) => {
      const { origin, protocol, pathname } = new URL(request.url());
      asked.push(pathname);
      if (origin !== server.url && protocol !== "blob:" && protocol !== "data:")
        strangers.push(request.url());
    });
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (line) => {
      // What the policy of the page refuses is said there alone.
      if (/Content Security Policy/i.test(line.text())) faults.push(line.text());
    });
    await page.goto(`${server.url}/#/${view}`);
  }
  const shot = async (name: string): Promise<void> => {
    if (SCREENS) await page.screenshot({ path: join(SCREENS, `${name}.png`), fullPage: true });
  };
  const stage = () => page.locator(".shape-stage[data-state=open]");
  const best = (): Promise<string | null> => page.locator(".answer-panel .bar.best .bar-label").textContent();
  /** Brightness of the middle of the shape's preview, 64 × 64. */
  const seen = async (): Promise<number[]> => {
    const shown = sharp(await stage().locator("canvas").screenshot());
    const { width, height } = await shown.metadata();
    // Without the frame of what has the focus, and the buttons.
    const [left, top] = [Math.round(0.15 * width), Math.round(0.15 * height)];
    const middle = shown.extract({ left, top, width: width - 2 * left, height: height - 2 * top });
    const grey = middle.greyscale().resize(64, 64, { fit: "fill" });
    return [...(await grey.raw().toBuffer())];
  };
  const difference = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
  const spread = (grey: readonly number[]): number => Math.max(...grey) - Math.min(...grey);

  test("a sample is shown, turned by keys and pointer, and named; its views stand below", async () => {
    await open(DESKTOP);
    await page.getByRole("button", { name: "Try a sample" }).click();
    await stage().waitFor();
    await soon(best).toBe("chair");
    await soon(() => page.locator(".shape-views img").count()).toBe(10);
    await soon(async () => spread(await seen())).toBeGreaterThan(40);
    await shot("shapes-desktop");
    const first = await seen();
    await page.locator(".shape-stage canvas").focus();
    for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowLeft");
    await soon(async () => difference(first, await seen())).toBeGreaterThan(2);
    await page.keyboard.press("Home");
    await soon(async () => difference(first, await seen())).toBeLessThan(1);
    const box = (await page.locator(".shape-stage canvas").boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 120, box.y + box.height / 2 + 20, { steps: 6 });
    await page.mouse.up();
    await soon(async () => difference(first, await seen())).toBeGreaterThan(2);
    await page.getByRole("button", { name: "Turn it back" }).click();
    await soon(async () => difference(first, await seen())).toBeLessThan(1);
    await accessible(page, "shapes");
    await page.getByText("Options").click();
    await page.getByLabel("Views").selectOption("6");
    await soon(() => page.locator(".shape-views img").count()).toBe(6);
    await page.getByRole("button", { name: "Another sample" }).click();
    await soon(best).toBe("bottle");
  });

  test("a cloud is chosen as a file; labels are one's own; what is damaged is told and the next one answers", async () => {
    await open(DESKTOP);
    const cloud = Buffer.from(plyBytes(makeShape("chair", { seed: 4, points: 6000 })));
    await page.setInputFiles(FILES, [{ name: "cloud.ply", mimeType: "", buffer: cloud }]);
    await stage().waitFor();
    await page.getByText("6,000 points").waitFor();
    for (const one of ["chair", "car"]) {
      await page.getByPlaceholder("Type a label").fill(one);
      await page.keyboard.press("Enter");
    }
    await soon(best).toBe("chair");
    await shot("shapes-cloud");
    const lying = Buffer.concat([plyHead("binary_little_endian", 50_000_000), Buffer.alloc(36)]);
    for (const [name, buffer, words] of [
      ["lying.ply", lying, "cut off"],
      ["cat.doc", Buffer.from("no shape at all"), "no point cloud"],
      ["one.xyz", Buffer.from("1 2 3\n"), "at one place"],
    ] as const) {
      await page.setInputFiles(FILES, [{ name, mimeType: "", buffer }]);
      await page.locator(".notice.error", { hasText: words }).waitFor();
      await page.getByText("Choose a shape to see which words fit.").waitFor();
    }
    await shot("shapes-refused");
    await accessible(page, "a refused shape");
    await page.setInputFiles(FILES, [{ name: "again.ply", mimeType: "", buffer: cloud }]);
    await soon(best).toBe("chair");
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    await page.getByText("Drop a point cloud or mesh here").waitFor();
  });

  test("on a phone, in Chinese and the dark, it fits and works", async () => {
    await open(PHONE);
    await page.getByRole("button", { name: "试用示例" }).click();
    await stage().waitFor();
    await soon(best).toBe("chair");
    await soon(async () => spread(await seen())).toBeGreaterThan(40);
    const width = (): Promise<unknown> => page.evaluate("document.documentElement.scrollWidth");
    expect(await width()).toBeLessThanOrEqual(375);
    await accessible(page, "shapes on a phone");
    await shot("shapes-phone");
    await page.getByRole("button", { name: "EN", exact: true }).click();
    expect(await width()).toBeLessThanOrEqual(375);
    await shot("shapes-phone-en");
    for (const across of [768, 1024]) {
      await page.setViewportSize({ width: across, height: 800 });
      expect(await width()).toBeLessThanOrEqual(across);
      await shot(`shapes-${across}`);
    }
  });

  test("other views load nothing of it", async () => {
    await open(DESKTOP, "try");
    await page.getByRole("button", { name: "Sample pictures" }).waitFor();
    const ofShapes = (): string[] => asked.filter((path) => /shape/i.test(path));
    expect(ofShapes()).toEqual([]);
    await page.getByRole("link", { name: "Shapes" }).click();
    await page.getByRole("button", { name: "Try a sample" }).waitFor();
    expect(ofShapes().length).toBeGreaterThan(0);
    // What draws comes with the first shape.
    expect(ofShapes().filter((path) => /scene/.test(path))).toEqual([]);
  });

  test("without WebGL the views are there, and it says why there is no more", async () => {
    const flat = await openBrowser("/dev/null", ["--disable-3d-apis"]);
    try {
      await open(DESKTOP, "shapes", flat);
      await page.getByRole("button", { name: "Try a sample" }).click();
      await page.getByText("This browser shows no 3-D here").waitFor();
      await soon(best).toBe("chair");
      await soon(() => page.locator(".shape-views img").count()).toBe(10);
    } finally {
      await context?.close();
      context = undefined;
      await flat.close();
    }
  });
});
