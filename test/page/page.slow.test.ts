import { mkdtempSync, rmSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  accessible,
  CHROMIUM,
  front,
  newPage,
  openBrowser,
  reason,
  soon,
  startServer,
  type TestServer,
} from "./parts.js";

const PICTURES = ["cat", "coffee", "rocket", "astronaut"].map((name) => `bench/pictures/${name}.jpg`);
const FILES = "input[type=file][accept^='image']";

describe.skipIf(CHROMIUM === undefined)(`the page${reason}`, { timeout: 180_000 }, () => {
  let folder = "";
  let server: TestServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What the browser asked of anybody else, and what went wrong in the page. */
  let strangers: string[] = [];
  let faults: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "zeroclip-page-"));
    [server, browser] = await Promise.all([startServer(join(folder, "home")), openBrowser("/dev/null")]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    [strangers, faults] = [[], []];
    context = await browser.newContext({ locale: "en-GB", viewport: { width: 1440, height: 900 } });
    page = await newPage(context);
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== server.url && protocol !== "blob:") strangers.push(request.url());
    });
    page.on("pageerror", (error) => faults.push(error.message));
    await page.goto(`${server.url}/`);
  });
  afterEach(async () => {
    await context.close();
    expect(strangers).toEqual([]);
    expect(faults).toEqual([]);
  });

  const label = async (...labels: string[]): Promise<void> => {
    for (const one of labels) {
      await page.getByPlaceholder("Type a label").fill(one);
      await page.keyboard.press("Enter");
    }
  };
  const best = (): Promise<string | null> => page.locator(".answer-panel .bar.best .bar-label").textContent();
  const thumbnail = (name: string) =>
    page.locator(".thumbnail", { has: page.getByAltText(name, { exact: true }) });

  test("a first visitor takes the samples and has an answer; labels are changed and removed", async () => {
    await page.getByRole("button", { name: "Sample pictures" }).click();
    await soon(best).toBe("a cat");
    await page.getByRole("button", { name: "Remove a cat" }).click();
    await soon(best).not.toBe("a cat");
    await thumbnail("rocket.jpg").click();
    await soon(best).toBe("a rocket");
    await page.getByRole("button", { name: "Which part counts?" }).click();
    await page.locator("canvas.heat").waitFor();
    await page.getByRole("button", { name: "Use it from code" }).click();
    const code = page.locator("pre.code");
    await soon(() => code.textContent()).toContain(`curl ${server.url}/v1/classify`);
    await page.getByRole("button", { name: "Python" }).click();
    await soon(() => code.textContent()).toContain("requests.post(");
    await page.keyboard.press("Escape");
    await soon(() => code.count()).toBe(0);
  });

  test("fifty pictures, one of them broken: each has its answer, the broken one its error", async () => {
    const pixels = { width: 64, height: 64, channels: 3 } as const;
    const files = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => ({
        name: `picture-${i}.jpg`,
        mimeType: "image/jpeg",
        buffer:
          i === 7
            ? Buffer.from("no picture")
            : await sharp({ create: { ...pixels, background: { r: i * 5, g: 90, b: 200 - i * 3 } } })
                .jpeg()
                .toBuffer(),
      })),
    );
    await label("red", "blue");
    await page.setInputFiles(FILES, files);
    await soon(() => page.locator(".thumbnail .share").count()).toBe(49);
    await soon(() => page.locator(".caption.bad").allInnerTexts()).toEqual(["image.format"]);
    await thumbnail("picture-7.jpg").click();
    await page.locator(".answer-panel .notice.error").waitFor();
    await page.getByRole("button", { name: "Clear all" }).click();
    await page.getByText("Drop pictures here").waitFor();
  });

  test("in Chinese a set answers whether or not its names are translated", async () => {
    await page.getByRole("button", { name: "中文", exact: true }).click();
    await page.setInputFiles(FILES, PICTURES.slice(1, 2));
    await page.getByLabel("标签集", { exact: true }).selectOption("everyday");
    await soon(best).toBe("一杯咖啡");
    await page.getByLabel("标签集", { exact: true }).selectOption("imagenet-1k");
    await soon(best).toMatch(/^[a-z ]+$/);
  });

  test("nothing moves while answers come", async () => {
    await page.evaluate(`new PerformanceObserver((list) => {
      globalThis.moved = (globalThis.moved ?? 0) + list.getEntries().reduce((sum, { value }) => sum + value, 0);
    }).observe({ type: "layout-shift" })`);
    await label("cat", "coffee", "rocket");
    await page.setInputFiles(FILES, PICTURES);
    await page.locator(".thumbnail").nth(3).waitFor();
    await soon(() => page.evaluate("document.querySelector('.stage img').complete")).toBe(true);
    await page.evaluate("globalThis.moved = 0");
    await soon(() => page.locator(".thumbnail .share").count()).toBe(4);
    await soon(best).toBe("cat");
    expect(await page.evaluate("globalThis.moved")).toBeLessThan(0.02);
  });

  test("pasted lists become chips; what was asked is there after a reload", async () => {
    const field = page.getByPlaceholder("Type a label");
    await field.focus();
    await page.evaluate(`{
      const clipboardData = new DataTransfer();
      clipboardData.setData("text", "apple, pear\\nplum;apple");
      const pasted = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
      document.activeElement.dispatchEvent(pasted);
    }`);
    await soon(() => page.locator(".chip").allInnerTexts()).toEqual(["apple", "pear", "plum"]);
    await page.reload();
    await soon(() => page.locator(".chip").allInnerTexts()).toEqual(["apple", "pear", "plum"]);
    await field.focus();
    await page.keyboard.press("Backspace");
    await soon(() => page.locator(".chip").allInnerTexts()).toEqual(["apple", "pear"]);
  });

  test("label sets are made, edited, undone, saved in versions and brought back; another's change is not lost", async () => {
    await page.goto(`${server.url}/#/sets`);
    await page.getByRole("button", { name: "New set" }).click();
    await page.getByLabel("Name (a–z").fill("fruit");
    await page.getByLabel("One label a line").fill("apple\ncherry");
    await page.getByRole("button", { name: "Create" }).click();
    const names = page.locator(".labels-table tbody tr td:first-child input");
    await soon(() => names.count()).toBe(2);
    expect((await server.json(`${server.url}/v1/label-sets/fruit`)).labels).toHaveLength(2);
    await names.nth(1).fill("pear");
    await page.getByRole("button", { name: "Paste a list" }).click();
    await page.locator("dialog textarea").fill("plum\nquince");
    await page.locator("dialog .button.main").click();
    await soon(() => names.count()).toBe(4);
    await page.getByRole("button", { name: "Undo" }).click();
    await soon(() => names.count()).toBe(2);
    await page.getByRole("button", { name: "Redo" }).click();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Saved as version 2").waitFor();

    const address = `${server.url}/v1/label-sets/fruit`;
    const kept = await server.json(address);
    expect(kept.labels.map(({ name }: { name: string }) => name)).toEqual([
      "apple",
      "pear",
      "plum",
      "quince",
    ]);
    await server.json(address, { method: "PATCH", body: { add: ["medlar"] } });
    await names.first().fill("green apple");
    await names.first().blur();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Somebody else changed this set").waitFor();
    await page.getByRole("button", { name: "Load the newest" }).click();
    await soon(() => names.count()).toBe(5);

    await page.getByRole("button", { name: "Versions" }).click();
    await page.locator("dialog .versions li", { hasText: "v2" }).getByRole("button").click();
    await soon(async () => (await server.json(address)).version).toBe(4);
    await soon(() => names.count()).toBe(4);
    page.once("dialog", (dialog) => void dialog.accept());
    await page.getByRole("button", { name: "Delete set" }).click();
    await soon(() => page.locator(".choices button", { hasText: "fruit" }).count()).toBe(0);
  });

  test("columns are compared, and what differs can be seen alone", async () => {
    await page.setInputFiles(FILES, PICTURES);
    await label("cat", "coffee", "rocket", "astronaut");
    await page.getByRole("link", { name: "Compare" }).click();
    await soon(() => page.locator(".short-bars").count()).toBe(8);
    await page.getByRole("button", { name: "Add a column" }).click();
    await page.getByLabel("Column 3: Prompt").fill("no {} at all");
    await soon(() => page.locator(".short-bars").count()).toBe(12);
    await soon(() => page.locator(".figures td").first().textContent()).toMatch(/— · \d+ ms/);
    // What only a calibrated model can say is no question to all columns.
    const kept =
      "JSON.stringify({ ...JSON.parse(localStorage.getItem('zeroclip.asking')), coverage: 0.9, none: -1 })";
    await page.evaluate(`localStorage.setItem('zeroclip.asking', ${kept})`);
    await page.reload();
    await page.getByRole("link", { name: "Try", exact: true }).click();
    await page.setInputFiles(FILES, PICTURES);
    await page.getByRole("link", { name: "Compare" }).click();
    await soon(() => page.locator(".short-bars").count()).toBe(8);
    expect(await page.locator(".view.compare .notice.error").count()).toBe(0);
  });

  test("a server that is away is told once, asked again, and what waited is answered", async () => {
    await using address = await front(server.url);
    await page.goto(`${address.url}/`);
    await page.setInputFiles(FILES, PICTURES.slice(0, 1));
    await label("cat", "dog");
    await soon(best).toBe("cat");
    address.behind = undefined;
    await server.end();
    await label("rocket");
    await page.getByText("The server does not answer.").waitFor();
    server = await startServer(join(folder, "home"));
    address.behind = server.url;
    await soon(() => page.locator(".answer-panel .bar").count()).toBe(3);
    await soon(() => page.locator("main > .notice").count()).toBe(0);
    await page.close();
    strangers = strangers.filter((one) => !one.startsWith(address.url));
  });

  test.each(["light", "dark"] as const)(
    "%s: axe finds nothing serious in any view, in both languages and widths",
    async (scheme) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await page.setInputFiles(FILES, PICTURES);
      await label("cat", "rocket");
      await soon(() => page.locator(".thumbnail .share").count()).toBe(4);
      for (const language of ["EN", "中文"]) {
        await page.setViewportSize({ width: language === "EN" ? 1440 : 390, height: 844 });
        await page.getByRole("button", { name: language, exact: true }).first().click();
        for (const view of ["try", "live", "shapes", "sets", "compare", "settings"]) {
          await page.evaluate(`location.hash = "#/${view}"`);
          await page.locator(`.view.${view}`).waitFor();
          await accessible(page, `${view} ${language} ${scheme}`);
          const wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
          expect({ view, language, wider }).toEqual({ view, language, wider: 0 });
        }
      }
    },
  );

  test("a server with keys asks for one, and takes it from the settings", async () => {
    const home = join(folder, "locked");
    await using locked = await startServer(home, ["--auth", "required"]);
    const key = await locked.createKey("tab");
    await page.goto(`${locked.url}/`);
    await page.getByText("This server wants a key").click();
    await page.getByLabel("Key of this server").fill(key);
    await page.getByRole("button", { name: "Use this key" }).click();
    await page.locator(".models li").first().waitFor();
    strangers = strangers.filter((address) => !address.startsWith(locked.url));
  });

  test("the page of the API shows it and asks with it, with nothing from elsewhere", async () => {
    const failed: string[] = [];
    page.on("response", (response) => response.status() >= 400 && failed.push(response.url()));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    await page.goto(`${server.url}/docs`);
    const similarity = page.locator(".opblock", { hasText: "/v1/similarity" });
    await similarity.locator("button").first().click();
    await similarity.locator("textarea").fill('{"texts": ["a cat", "a rocket"]}');
    await similarity.locator(".execute").click();
    await soon(() => similarity.locator(".live-responses-table .microlight").first().textContent()).toContain(
      '"similarity"',
    );
    expect(failed).toEqual([]);
  });

  test("the bundle is small", async () => {
    const assets = "dist/server/page/assets";
    const scripts = (await readdir(assets)).filter((name) => name.endsWith(".js"));
    const code = Buffer.concat(await Promise.all(scripts.map((name) => readFile(join(assets, name)))));
    expect(gzipSync(code).length).toBeLessThan(300_000);
  });
});
