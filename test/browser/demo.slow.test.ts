import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { greenCamera } from "../page/camera.js";
import { accessible, CHROMIUM, newPage, openBrowser, PATIENCE_MS, reason, soon } from "../page/parts.js";
import { type StaticServer, serveFiles } from "../support/static-server.js";

const PICTURES = "test/fixtures/pictures";

describe.skipIf(CHROMIUM === undefined)(`the page without a server${reason}`, { timeout: 300_000 }, () => {
  let folder = "";
  let server: StaticServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const strangers: string[] = [];
  const faults: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "zeroclip-demo-"));
    const site = join(folder, "site/below");
    const home = join(folder, "home");
    const built = spawnSync(process.execPath, ["tools/demo-static.mjs", site, "--home", home], {
      encoding: "utf8",
    });
    if (built.status !== 0) throw new Error(`tools/demo-static.mjs failed:\n${built.stdout}${built.stderr}`);
    const camera = join(folder, "green.y4m");
    writeFileSync(camera, greenCamera());
    // A plain file server: no header beside type and length, and the page in a folder below its root.
    [server, browser] = await Promise.all([serveFiles({ "/": join(folder, "site") }), openBrowser(camera)]);
    context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 } });
    page = await newPage(context);
    context.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== server.url && !["blob:", "data:"].includes(protocol)) strangers.push(request.url());
    });
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      if (/Content Security Policy|violates/i.test(message.text())) faults.push(message.text());
    });
    await page.goto(`${server.url}/below/`);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const best = (): Promise<string | null> => page.locator(".answer-panel .bar.best .bar-label").textContent();
  const ready = async (): Promise<void> => {
    await page.locator("nav").waitFor();
    await page.locator(".notice progress").waitFor({ state: "detached", timeout: 4 * PATIENCE_MS });
  };
  const label = async (...labels: string[]): Promise<void> => {
    for (const one of labels) {
      await page.getByPlaceholder("Type a label").fill(one);
      await page.keyboard.press("Enter");
    }
  };

  test("the first visit: it says that one thread computes, and the samples have an answer", async () => {
    await ready();
    await page.getByText("One thread computes").waitFor();
    expect(await page.evaluate("crossOriginIsolated")).toBe(false);
    const policy = await page.locator("meta[http-equiv=Content-Security-Policy]").getAttribute("content");
    expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
    expect(policy).not.toMatch(/'unsafe-/);
    await page.getByRole("button", { name: "Sample pictures" }).click();
    await soon(best).toBe("a cat");
    await accessible(page, "try");
  });

  test("once its service worker is there, the page is isolated by itself and computes with threads", async () => {
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)");
    await page.reload();
    await ready();
    expect(await page.evaluate("crossOriginIsolated")).toBe(true);
    expect(await page.getByText("One thread computes").count()).toBe(0);
  });

  test("with the network cut and the server gone it opens again and classifies", async () => {
    await context.setOffline(true);
    await server[Symbol.asyncDispose]();
    await page.goto(`${server.url}/below/`);
    await ready();
    await page.getByRole("button", { name: "rocket.jpg" }).click();
    await soon(best).toBe("a rocket");
  });

  test("what is no picture is told of it alone", async () => {
    await page
      .locator("input[type=file][accept='image/*']")
      .first()
      .setInputFiles([{ name: "words.png", mimeType: "image/png", buffer: Buffer.from("just words") }]);
    await page.locator(".thumbnail .caption.bad", { hasText: "image.format" }).waitFor();
    await page.getByRole("button", { name: "Clear all" }).click();
  });

  test("the camera, with labels that are changed while it runs", async () => {
    await page.getByRole("link", { name: "Live" }).click();
    await page.getByRole("button", { name: "Clear labels" }).click();
    await label("a green wall", "a red wall");
    await page.getByRole("button", { name: "Camera" }).click();
    const first = (): Promise<string | null> =>
      page.locator(".bars.steady .bar.best .bar-label").textContent();
    await soon(first).toBe("a green wall");
    // Two labels at least are compared: the new one comes before the old one goes.
    await label("a green surface");
    await page.getByRole("button", { name: "Remove a green wall" }).click();
    await soon(first).toBe("a green surface");
    await soon(() => page.getByText(/labels, version [2-9]/).count()).toBe(1);
    await page.getByRole("button", { name: "Stop" }).click();
  });

  test("a folder is searched, and is still there at the next visit", async () => {
    await page.getByRole("link", { name: "Search" }).click();
    await page.getByRole("button", { name: "Add pictures" }).first().click();
    await page.locator("input[webkitdirectory]").setInputFiles(PICTURES);
    await page.getByRole("button", { name: "Show them" }).waitFor();
    await soon(() => page.getByText("4 pictures added").count()).toBe(1);
    await page.getByRole("button", { name: "Show them" }).click();
    await page.reload();
    await ready();
    await page.getByRole("link", { name: "Search" }).click();
    await soon(() => page.locator(".tile").count()).toBe(4);
    await page.locator("#search-field").fill("a cat");
    await soon(() => page.locator(".tile-name").first().textContent()).toBe("cat.jpg");
    // The folder's own order begins with it, too: what was found has its relevance.
    await page.locator(".tile .share").first().waitFor();
    await page.locator(".tile-open").first().click();
    await page.getByRole("dialog").getByText("cat.jpg").first().waitFor();
    await page.keyboard.press("Escape");
    await accessible(page, "search");
  });

  test("settings show what the browser keeps, and clear it", async () => {
    await page.getByRole("link", { name: "Settings" }).click();
    await page.locator(".kept-models", { hasText: /starter.*[45]\d MB/s }).waitFor();
    await soon(() => page.locator(".kept-pictures").textContent()).toMatch(/^4 pictures/);
    await page.getByRole("button", { name: "Remove all pictures" }).click();
    await soon(() => page.locator(".kept-pictures").textContent()).toMatch(/^0 pictures/);
    await page.getByRole("button", { name: "Remove the models" }).click();
    await soon(() => page.locator(".kept-models tr").count()).toBe(0);
  });

  test("Chinese, on a phone: nothing is cut off", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole("button", { name: "中文" }).first().click();
    for (const name of ["试用", "实时", "搜索", "设置"]) {
      await page.getByRole("link", { name }).click();
      const wide = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
      expect({ name, wide }).toEqual({ name, wide: 0 });
    }
  });

  test("nothing was asked of anybody else, and nothing went wrong", () => {
    expect({ strangers, faults }).toEqual({ strangers: [], faults: [] });
  });
});
