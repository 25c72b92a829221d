import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
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

const FILES = "input[type=file][accept^='image']";
const PICTURES = { cat: "cat", "cup of coffee": "coffee", rocket: "rocket" };
const PATHS = Object.values(PICTURES).map((name) => `bench/pictures/${name}.jpg`);
const WEIGHTS_BYTES = 353_976_522;

/** What the operator of a server does on its page. */
describe.skipIf(CHROMIUM === undefined)(`the page of an operator${reason}`, { timeout: 180_000 }, () => {
  let folder = "";
  /** Gives the weights so slowly that nobody sees their end. */
  let mirror: Server;
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  let faults: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "zeroclip-operator-"));
    for (const [label, name] of Object.entries(PICTURES)) {
      mkdirSync(join(folder, "pictures", "samples", label), { recursive: true });
      copyFileSync(`bench/pictures/${name}.jpg`, join(folder, "pictures", "samples", label, "1.jpg"));
    }
    mirror = createServer((_, response) => {
      response.writeHead(200, { "content-length": WEIGHTS_BYTES });
      const drip = setInterval(() => response.write(Buffer.alloc(1_000_000)), 150);
      response.on("close", () => clearInterval(drip));
    });
    await new Promise<void>((resolve) => mirror.listen(0, "127.0.0.1", resolve));
    const { port } = mirror.address() as AddressInfo;
    const flags = ["--model", "starter,ViT-B/32", "--eval-folders", join(folder, "pictures")];
    [server, browser] = await Promise.all([
      startServer(join(folder, "home"), flags, { ZEROCLIP_MIRROR: `http://127.0.0.1:${port}` }),
      openBrowser("/dev/null"),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end();
    mirror?.closeAllConnections();
    mirror?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    faults = [];
    const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1440, height: 900 } });
    page = await newPage(context);
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("dialog", (dialog) => void dialog.accept());
  });
  afterEach(async () => {
    await page.context().close();
    expect(faults).toEqual([]);
  });

  test("a folder is evaluated, and its report opens and draws", async () => {
    await page.goto(`${server.url}/#/compare`);
    await page.getByRole("button", { name: "retail", exact: true }).click();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    const rows = page.locator(".figures-table tbody tr");
    await soon(() => rows.count()).toBe(2);
    await soon(() => rows.first().textContent()).toContain("100.0%");
    await accessible(page, "an evaluation with its figures");
    const [report] = await Promise.all([
      page.context().waitForEvent("page"),
      page.getByRole("link", { name: "Open the report" }).click(),
    ]);
    report.on("pageerror", (error) => faults.push(error.message));
    await report.locator("#page table").first().waitFor();
    await report.close();
    await page.getByRole("button", { name: "Remove the report" }).click();
    await page.getByText("No evaluations yet.").waitFor();
  });

  test("columns are counted by what somebody says that pictures show", async () => {
    await page.goto(`${server.url}/#/try`);
    await page.setInputFiles(FILES, PATHS);
    await page.getByPlaceholder("Type a label").fill("cat, coffee, rocket,");
    await page.getByRole("link", { name: "Compare" }).click();
    await soon(() => page.locator(".short-bars").count()).toBe(6);
    await page.getByLabel("What cat.jpg shows").selectOption("cat");
    await page.getByLabel("What coffee.jpg shows").selectOption("rocket");
    await page.getByText("1 of 2 right").first().waitFor();
    await accessible(page, "columns that are counted");
    await soon(() => page.locator("td.wrong").count()).toBeGreaterThan(0);
  });

  test("sets are imported with their levels, which fold; each label shows its pictures while it is edited", async () => {
    await server.json(`${server.url}/v1/label-sets/goods`, {
      method: "PUT",
      body: { labels: ["one", "two"] },
    });
    await page.goto(`${server.url}/#/sets`);
    await page.locator(".choices button", { hasText: "goods" }).click();
    const labels = [
      { name: "drink" },
      { name: "pet" },
      { name: "cup of coffee", parent: "drink" },
      { name: "cat", parent: "pet" },
    ];
    await page.setInputFiles("input[type=file][accept^='.json']", {
      name: "goods.json",
      mimeType: "application/json",
      buffer: Buffer.from(JSON.stringify({ labels })),
    });
    const names = page.locator(".labels-table tbody .name-cell input");
    const shown = () => names.evaluateAll((all) => all.map((one) => (one as { value?: string }).value));
    await soon(shown).toEqual(["drink", "cup of coffee", "pet", "cat"]);
    await page.getByRole("button", { name: "Fold what is under drink" }).click();
    await soon(shown).toEqual(["drink", "pet", "cat"]);
    await page.getByRole("button", { name: "Unfold what is under drink" }).click();
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByRole("link", { name: "Label sets" }).click();
    await page.locator(".choices button", { hasText: "goods" }).click();
    await page.getByText("Not saved yet").waitFor();
    await page.getByLabel("On my pictures").check();
    await page.setInputFiles(FILES, PATHS.slice(0, 2));
    const picturesOf = (name: string) =>
      page
        .locator(".labels-table tbody tr", { has: page.getByLabel(`Name: ${name}`, { exact: true }) })
        .locator(".fits img");
    await soon(() => picturesOf("cat").getAttribute("alt")).toBe("cat.jpg");
    await soon(() => picturesOf("cup of coffee").getAttribute("alt")).toBe("coffee.jpg");
    await accessible(page, "a set with pictures and levels");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Saved as version 2").waitFor();
    await page.getByRole("button", { name: "Versions" }).click();
    await page.locator(".versions li", { hasText: "+4 −2" }).waitFor();
  });

  test("a model that is not here is downloaded with progress, until that is cancelled", async () => {
    await page.goto(`${server.url}/#/settings`);
    await page.getByRole("button", { name: "Download" }).click();
    await page.getByText(/ViT-B-32\.pt · \d+ MB \/ 338 MB · \d/).waitFor();
    await accessible(page, "a download");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Cancelled: what came is kept").waitFor();
    await page.getByRole("button", { name: "Download" }).waitFor();
  });

  test("the first key is made, shown once and used; others are made and taken away", async () => {
    await page.goto(`${server.url}/#/settings`);
    const make = async (name: string, write: boolean): Promise<string> => {
      await page.getByLabel("Who it is for").fill(name);
      if (write) await page.getByLabel("may change label sets").check();
      await page.getByRole("button", { name: "Make a key" }).click();
      return (await page.locator("code.secret").textContent())!;
    };
    const first = await make("operator", true);
    expect(first).toMatch(/^zc_/);
    await accessible(page, "a new key");
    await page.getByRole("button", { name: "Use it in this browser" }).click();
    const keys = page.locator(".keys .rows li");
    await soon(() => keys.allInnerTexts()).toEqual([expect.stringContaining("this browser's")]);
    await make("tab", false);
    await page.keyboard.press("Escape");
    await soon(() => keys.count()).toBe(2);
    await soon(() => page.locator("code.secret").count()).toBe(0);
    await page.getByRole("button", { name: "Take away the key tab" }).click();
    await soon(() => keys.count()).toBe(1);
    const refused = await fetch(`${server.url}/v1/models`);
    expect(refused.status).toBe(401);
  });
});
