import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StaticServer, serveFiles } from "../support/static-server.js";
import { greenCamera } from "./camera.js";
import { CHROMIUM, newPage, openBrowser, PATIENCE_MS, reason, soon } from "./parts.js";

const CAT = "test/fixtures/pictures/cat.jpg";
const ROCKET = "test/fixtures/pictures/rocket.jpg";
/** Words that are of use only where there is a server. */
const OF_A_SERVER = /server|zeroclip (?:index|serve|tag)|curl|\/v1\/|服务器|\bkey\b|密钥/i;

describe.skipIf(CHROMIUM === undefined)(
  `words of the page without a server${reason}`,
  { timeout: 300_000 },
  () => {
    let folder = "";
    let server: StaticServer;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "zeroclip-demo-"));
      const home = join(folder, "home");
      const built = spawnSync(
        process.execPath,
        ["tools/demo-static.mjs", join(folder, "site"), "--home", home],
        {
          encoding: "utf8",
        },
      );
      if (built.status !== 0)
        throw new Error(`tools/demo-static.mjs failed:\n${built.stdout}${built.stderr}`);
      const camera = join(folder, "green.y4m");
      writeFileSync(camera, greenCamera());
      [server, browser] = await Promise.all([serveFiles({ "/": join(folder, "site") }), openBrowser(camera)]);
      context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 } });
      page = await newPage(context);
      // All that the page ever showed, also for a moment.
      await page.addInitScript(`globalThis.seen = "";
      new MutationObserver(() => { globalThis.seen += document.getElementById("main")?.innerText ?? ""; })
        .observe(document, { subtree: true, childList: true, characterData: true });`);
    }, 300_000);
    afterAll(async () => {
      await browser?.close();
      await server?.[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    });

    const seen = (): Promise<string> => page.evaluate<string>("globalThis.seen");
    const ready = async (): Promise<void> => {
      await page.locator("nav").waitFor();
      await page.locator(".notice progress").waitFor({ state: "detached", timeout: 4 * PATIENCE_MS });
    };
    const opened = (): Promise<string | null> => page.getByRole("dialog").textContent();
    const give = (file: string): Promise<void> =>
      page.getByRole("dialog").locator("input[accept='image/*']").setInputFiles(file);

    test("opened at Search it waits quietly for its model, at each visit", async () => {
      for (const visit of ["first", "second"]) {
        if (visit === "first") await page.goto(`${server.url}/#/search`);
        else await page.reload();
        await page
          .getByRole("button", { name: "Add your first pictures" })
          .waitFor({ timeout: 4 * PATIENCE_MS });
        expect(await seen()).not.toMatch(OF_A_SERVER);
      }
      expect(await page.getByRole("button", { name: "Use it from code" }).count()).toBe(0);
    });

    test("what is kept, and where, is said in both languages", async () => {
      for (const [language, add, kept] of [
        ["中文", "添加图片", "保存在此浏览器中"],
        ["EN", "Add pictures", "stay in this browser"],
      ] as const) {
        await page.getByRole("button", { name: language }).first().click();
        await page.getByRole("button", { name: add }).first().click();
        expect(await opened()).toContain(kept);
        expect(await opened()).not.toMatch(OF_A_SERVER);
        await page.keyboard.press("Escape");
      }
      await page.getByRole("button", { name: "Tags" }).click();
      await page.getByText("Pictures kept in this browser have no tags.").waitFor();
      await page.goto(`${server.url}/#/search/collections`);
      await page.getByText("put together by hand, kept in this browser").waitFor();
      await page.getByRole("link", { name: "Settings" }).click();
      await page.getByText("Kept in this browser: language, colours, labels.").waitFor();
      expect(await page.locator(".settings").textContent()).not.toMatch(OF_A_SERVER);
      await soon(() => page.locator(".kept-pictures").textContent()).toMatch(/^0 pictures · 0 bytes/);
    });

    test("after the browser cleared its data, pictures are kept in a new database", async () => {
      await page.getByRole("link", { name: "Search" }).click();
      await page.getByRole("button", { name: "Add pictures" }).first().click();
      await give(CAT);
      await page.getByText("1 picture added").waitFor();
      const tools = await context.newCDPSession(page);
      const clear = { origin: server.url, storageTypes: "indexeddb" };
      await tools.send("Storage.clearDataForOrigin", clear);
      await give(ROCKET);
      await page.getByText("2 pictures added").waitFor();
      await page.reload();
      await ready();
      await soon(() => page.locator(".tile-name").allTextContents()).toEqual(["rocket.jpg"]);
      // Where there is no new one, that is said in a sentence.
      await tools.send("Storage.clearDataForOrigin", clear);
      await page.evaluate(
        `IDBFactory.prototype.open = () => { throw new DOMException("no", "UnknownError"); }`,
      );
      await page.getByRole("button", { name: "Add pictures" }).first().click();
      await give(CAT);
      await page.getByText("This browser does not let the page keep anything now").waitFor();
      await page.keyboard.press("Escape");
    });

    test("the code of Try is that of a page with its own model", async () => {
      await page.getByRole("link", { name: "Try" }).click();
      await page.getByRole("button", { name: "Sample pictures" }).click();
      await page.getByRole("button", { name: "Use it from code" }).click();
      const code = await page.getByRole("dialog").locator("pre").textContent();
      expect(code).toContain('import { loadClip } from "zeroclip/browser";');
      expect(code).toContain('const clip = await loadClip("starter");');
      expect(code).toContain('clip.classify(document.querySelector("img"), labels)');
      expect(await opened()).not.toMatch(OF_A_SERVER);
      await page.keyboard.press("Escape");
    });

    test("without kept models there is no heading for them; a long address is wrapped on a phone", async () => {
      await page.getByRole("link", { name: "Settings" }).click();
      await page.getByText("Models that this browser keeps").waitFor();
      await page.getByRole("button", { name: "Remove the models" }).click();
      await page.getByText("Models that this browser keeps").waitFor({ state: "detached" });
      await page.setViewportSize({ width: 390, height: 800 });
      await page.goto(`${server.url}/?model=${"nope".repeat(20)}`);
      await page.locator(".notice.error").waitFor();
      const wide = await page.evaluate<number>(`(() => {
      const box = document.querySelector(".notice.error");
      return box.scrollWidth - box.clientWidth;
    })()`);
      expect(wide).toBe(0);
    });
  },
);
