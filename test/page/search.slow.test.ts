import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { accessible, CHROMIUM, reason, soon } from "./parts.js";
import { file, nameOf, PARTS, searchPage } from "./search-page.js";

describe.skipIf(CHROMIUM === undefined)(`the search of the page${reason}`, { timeout: 180_000 }, () => {
  const place = searchPage();
  const { tiles, field, count, first, focused, tab } = place;

  test("is the first view; typing finds, keys walk over what was found, open it and lead back", async () => {
    const { page } = place;
    await soon(count).toContain("49 pictures");
    await field().fill("a rocket");
    await soon(first).toMatch(/^rocket/);
    await page.keyboard.press("ArrowDown");
    await soon(focused).toMatch(/^rocket/);
    await page.keyboard.press("ArrowRight");
    await soon(focused).toBe(await tiles().nth(1).getAttribute("aria-label"));
    await page.keyboard.press("End");
    await page.keyboard.press("Home");
    const name = nameOf(await focused());
    await page.keyboard.press("Enter");
    const preview = page.locator("dialog.preview-dialog");
    await preview.getByRole("heading", { name }).waitFor();
    await soon(() => preview.locator(".facts").textContent()).toContain(`sky/${name}`);
    await soon(() => preview.locator(".strip img").count()).toBe(12);
    await page.keyboard.press("ArrowRight");
    await preview.getByRole("heading", { name }).waitFor({ state: "hidden" });
    await page.keyboard.press("Escape");
    await soon(() => preview.count()).toBe(0);
    await soon(focused).toContain(name);
    await page.keyboard.press("/");
    await soon(focused).toBe("Search");
  });

  test("signs and pictures become chips, a part of a picture counts alone, back leads to the question before", async () => {
    const { page } = place;
    await field().fill("a cup of coffee");
    await soon(first).toMatch(/^coffee/);
    await tiles().first().click();
    await page.getByRole("button", { name: "Similar pictures" }).click();
    await page.locator(".picture-term").waitFor();
    await soon(first).toMatch(/^coffee/);
    const asked = page.waitForRequest((request) => request.postData()?.includes('"crop":[') ?? false);
    await page.getByRole("button", { name: "Choose a part of it" }).click();
    await page.getByRole("group", { name: "Part that counts" }).press("ArrowLeft");
    await page.getByRole("button", { name: "Search with this part" }).click();
    expect((await asked).postDataJSON()).toMatchObject({ crop: [0.23, 0.25, 0.5, 0.5] });
    await field().fill("-rocket");
    await page.keyboard.press("Enter");
    await page.locator(".term.minus", { hasText: "rocket" }).waitFor();
    await page.getByRole("button", { name: "Turn the sign of rocket" }).click();
    await page.locator(".term.plus", { hasText: "rocket" }).waitFor();
    await page.getByRole("button", { name: "Use it from code" }).click();
    await soon(() => page.locator("pre.code").textContent()).toContain('"query":"+\\"rocket\\""');
    await page.keyboard.press("Escape");
    for (let steps = 0; steps < 4; steps++) await page.goBack();
    await soon(() => field().inputValue()).toBe("a cup of coffee");
    await soon(() => page.locator(".term").count()).toBe(0);
  });

  test("a picture of one's own finds itself; no good match says so, and shows what fits little", async () => {
    const { page } = place;
    await page.setInputFiles("input[type=file][aria-label='Search with a picture']", file("astronaut"));
    await soon(first).toBe("astronaut.jpg");
    await page.getByRole("button", { name: "Remove astronaut.jpg" }).click();
    await field().fill("zebra gefilte quantum accounting spreadsheet");
    await page.getByText("No good match").waitFor();
    await page.getByRole("button", { name: "Show what fits little" }).click();
    await soon(() => tiles().count()).toBeGreaterThan(10);
    await page.getByText("Also what fits little is shown.").waitFor();
  });

  test("filters narrow what is seen, and are taken back", async () => {
    const { page } = place;
    await page.getByRole("button", { name: "Folder" }).click();
    await page.getByRole("combobox", { name: "Folder" }).fill("photos/pets");
    await soon(count).toContain("12 pictures");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Size" }).click();
    await page.getByRole("combobox", { name: "Size" }).selectOption("2000");
    await page.getByText("No picture passes these filters.").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).first().click();
    await soon(count).toContain("49 pictures");
  });

  test("pictures are put into a collection, listed, taken out", async () => {
    const { page } = place;
    await field().fill("a cat");
    await soon(first).toMatch(/^cat/);
    await tiles().first().focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Space");
    await page.getByText("2 selected").waitFor();
    await page.getByRole("button", { name: "Collect", exact: true }).click();
    await page.getByLabel("New collection").fill("my cats");
    await page.getByRole("button", { name: "Create" }).click();
    await tab("Collections");
    await page.locator(".card", { hasText: "2 pictures" }).waitFor();
    await page.getByRole("button", { name: "Export" }).click();
    const [list] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Paths (.txt)" }).click(),
    ]);
    expect(readFileSync(await list.path(), "utf8").match(/photos\/pets\/cat.*\.jpg\n/g)).toHaveLength(2);
    await page.getByRole("button", { name: "Open my cats" }).click();
    await soon(count).toContain("2 pictures");
    await tiles().first().focus();
    await page.keyboard.press("Space");
    await page.getByRole("button", { name: "Take out of “my cats”" }).click();
    await soon(() => tiles().count()).toBe(1);
    await tab("Collections");
    await page.getByRole("button", { name: "Delete the collection my cats" }).click();
    await page.getByText("No collections yet.").waitFor();
  });

  test("pictures are added and found at once; what is no picture is told", async () => {
    const { page } = place;
    await page.getByRole("button", { name: "Add pictures" }).click();
    const red = await sharp({ create: { width: 300, height: 200, channels: 3, background: "#c01010" } })
      .composite([{ input: Buffer.from('<svg><circle cx="150" cy="100" r="70" fill="#fff"/></svg>') }])
      .png()
      .toBuffer();
    await page.setInputFiles("dialog input[type=file]:not([webkitdirectory])", [
      { name: "red.png", mimeType: "image/png", buffer: red },
      { name: "broken.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") },
    ]);
    await page.getByText("1 picture added · 1 not taken").waitFor();
    await page.getByText("broken.jpg: ").waitFor();
    await page.getByRole("button", { name: "Show them" }).click();
    await soon(count).toContain("50 pictures");
    await soon(first).toContain(createHash("sha256").update(red).digest("hex"));
  });

  test("copies are looked through, moved to the trash and put back", async () => {
    const { page } = place;
    await tab("Duplicates");
    const same = page.locator(".duplicate-group", { hasText: "same file" });
    await soon(() => same.locator(".copies li").count()).toBe(2);
    await same.getByRole("button", { name: "Keep all" }).click();
    await soon(() => same.getByRole("button", { name: "Move now" }).isDisabled()).toBe(true);
    await same.getByRole("button", { name: "As proposed" }).click();
    const kept = (): number =>
      ["copies", "kitchen"].flatMap((name) => readdirSync(join(place.folder, "photos", name))).length;
    expect(kept()).toBe(PARTS + 1);
    await same.getByRole("button", { name: "Move now" }).click();
    await page.getByText("1 picture moved to the trash.").waitFor();
    await soon(() => same.count()).toBe(0);
    expect(kept()).toBe(PARTS);
    await page.getByRole("button", { name: "Undo" }).click();
    await soon(() => same.count()).toBe(1);
    expect(kept()).toBe(PARTS + 1);
  });

  test("a line around points of the map shows their pictures", async () => {
    const { page } = place;
    await tab("Map");
    const canvas = page.getByRole("application");
    const { x, y, width, height } = (await canvas.boundingBox())!;
    await page.getByRole("button", { name: "Lasso" }).click();
    const corners = [
      [0.98, 0.02],
      [0.98, 0.98],
      [0.02, 0.98],
      [0.02, 0.02],
    ].map(([a, b]) => [x + a! * width, y + b! * height] as const);
    await page.mouse.move(...corners[0]!);
    await page.mouse.down();
    for (const corner of corners.slice(1)) await page.mouse.move(...corner, { steps: 3 });
    await page.mouse.up();
    const all = page.locator(".map-side [role=status]");
    await soon(() => all.textContent()).toMatch(/^(?:49|50) pictures selected/);
    await page.getByRole("button", { name: "Show as results" }).click();
    await soon(count).toMatch(/^(?:49|50) pictures/);
    await page.locator(".pill", { hasText: "of the map" }).waitFor();
  });

  test.each([
    ["light", "EN", 1440],
    ["light", "中文", 390],
    ["dark", "EN", 390],
    ["dark", "中文", 1440],
  ] as const)("%s, %s, %i pixels wide: axe finds nothing serious", async (scheme, language, width) => {
    const { page } = place;
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 844 });
    await page.getByRole("button", { name: language, exact: true }).first().click();
    await field().fill("a cat");
    await page.locator(".tile .share").first().waitFor({ state: "attached" });
    const look = async (what: string): Promise<void> => {
      await accessible(page, `${what} ${language} ${scheme}`);
      const wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      expect({ what, language, wider }).toEqual({ what, language, wider: 0 });
    };
    await look("results");
    await tiles().first().click();
    await page.locator(".preview-side .facts").waitFor();
    await look("preview");
    await page.keyboard.press("Escape");
    for (const [part, ready] of [
      ["map", ".map-points"],
      ["collections", ".cards"],
      ["duplicates", ".duplicate-group"],
    ] as const) {
      await page.evaluate(`location.hash = "#/search/${part}"`);
      await page.locator(ready).first().waitFor({ state: "attached" });
      await look(part);
    }
  });
});
