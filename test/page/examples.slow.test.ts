import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accessible, CHROMIUM, newPage, openBrowser, soon, startServer, type TestServer } from "./parts.js";

const reason = CHROMIUM === undefined ? " (skipped: there is no Chromium on this machine)" : "";
const FILES = "input[type=file][accept^='image']";
const pathOf = (name: string): string => `bench/pictures/${name}.jpg`;

/** Drops a picture on a part of the page, as a hand would. */
async function drop(target: Locator, name: string): Promise<void> {
  const base64 = readFileSync(pathOf(name)).toString("base64");
  // In the page's own words: these tests know no browser's types.
  const transfer = await target.page().evaluateHandle(`(() => {
    const held = new DataTransfer();
    const parts = Uint8Array.from(atob(${JSON.stringify(base64)}), (sign) => sign.charCodeAt(0));
    held.items.add(new File([parts], ${JSON.stringify(`${name}.jpg`)}, { type: "image/jpeg" }));
    return held;
  })()`);
  await target.dispatchEvent("dragover", { dataTransfer: transfer });
  await target.dispatchEvent("drop", { dataTransfer: transfer });
}

/** Labels that words say nothing of, learnt from pictures that are dropped on them. */
describe.skipIf(CHROMIUM === undefined)(`examples on the page${reason}`, { timeout: 180_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-page-examples-"));
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];
  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(join(folder, "home")), openBrowser("/dev/null")]);
    page = await newPage(
      await browser.newContext({ locale: "en-GB", viewport: { width: 1440, height: 900 } }),
    );
    page.on("pageerror", (error) => faults.push(error.message));
    await server.json(`${server.url}/v1/label-sets/models`, {
      method: "PUT",
      body: { labels: ["model x1", "model x2"] },
    });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const row = (name: string): Locator =>
    page.locator(".labels-table tbody tr", { has: page.getByLabel(`Name: ${name}`, { exact: true }) });
  const shownOf = (name: string) =>
    row(name)
      .locator(".fits img")
      .evaluateAll((all) => all.map((one) => one.getAttribute("alt")));

  test("pictures dropped on labels teach them, and the answers change at once", async () => {
    await page.goto(`${server.url}/#/sets`);
    await page.locator(".choices button", { hasText: "models" }).click();
    await page.getByText("Drop pictures on a label").waitFor();
    await drop(row("model x1"), "rocket");
    await page.getByText("1 example of 1 label. Answers change once a second label has some.").waitFor();
    const chooser = page.waitForEvent("filechooser");
    await row("model x2").getByRole("button", { name: "Add examples of model x2" }).click();
    await (await chooser).setFiles([pathOf("cat"), pathOf("astronaut")]);
    await page.getByText("3 examples of 2 labels.").waitFor();
    await accessible(page, "a set with examples");

    await page.getByLabel("On my pictures").check();
    await page.setInputFiles(FILES, [pathOf("cat"), pathOf("rocket")]);
    await soon(() => shownOf("model x1")).toContain("rocket.jpg");
    await soon(async () => (await shownOf("model x2"))[0]).toBe("cat.jpg");

    // Said to be the other one: the same pictures, other answers.
    await drop(row("model x2"), "rocket");
    await drop(row("model x1"), "cat");
    await soon(async () => (await shownOf("model x1"))[0]).toBe("cat.jpg");
    await soon(async () => (await shownOf("model x2"))[0]).toBe("rocket.jpg");

    await page.getByRole("button", { name: "Use on Try" }).click();
    await soon(() => page.locator(".answer-panel").textContent()).toContain("model x");
    await page.getByRole("link", { name: "Label sets" }).click();
    await row("model x1").getByRole("button", { name: "Forget the examples of model x1" }).click();
    await page.getByText("Answers change once a second label has some.").waitFor();
    expect(faults).toEqual([]);
  });

  test("in Chinese; what is no picture is told", async () => {
    const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 390, height: 844 } });
    const phone = await newPage(context);
    await phone.goto(`${server.url}/#/sets`);
    await phone.locator(".choices button", { hasText: "models" }).click();
    await phone.getByText("张示例图片").waitFor();
    await phone
      .getByLabel("为model x1添加示例")
      .last()
      .setInputFiles({
        ...{ name: "broken.jpg", mimeType: "image/jpeg" },
        buffer: Buffer.from("no picture"),
      });
    await phone.getByRole("alert").waitFor();
    await accessible(phone, "examples on a phone");
    await context.close();
  });
});
