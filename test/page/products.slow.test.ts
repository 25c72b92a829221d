import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { accessible, CHROMIUM, reason, soon } from "./parts.js";
import { file, PARTS, searchPage, zeroclip } from "./search-page.js";

const KINDS = { cat: "pets", coffee: "kitchen", rocket: "sky" };
/** More than a page of the list. */
const FILLING = 30;

/** A product for each part of a photo, and some without pictures: 63. */
function writeProducts(folder: string): string {
  const photos = join(folder, "photos");
  const pictured = Object.entries(KINDS).flatMap(([kind, under]) =>
    Array.from({ length: PARTS - 1 }, (_, i) => ({
      id: `${kind}-${i + 1}`,
      names: { en: `${kind} number ${i + 1}`, zh: `${kind} 第${i + 1}号` },
      categories: ["things", kind],
      price: { amount: 10 + i, currency: "EUR" },
      pictures: [join(photos, under, `${kind}-${i + 1}.jpg`)],
    })),
  );
  const words = Array.from({ length: FILLING }, (_, i) => ({
    id: `word-${i + 1}`,
    names: { en: `voucher of ${i + 1} euros` },
    categories: ["vouchers"],
  }));
  const path = join(folder, "products.jsonl");
  writeFileSync(path, [...pictured, ...words].map((one) => `${JSON.stringify(one)}\n`).join(""));
  return path;
}

describe.skipIf(CHROMIUM === undefined)(`the products of the page${reason}`, { timeout: 180_000 }, () => {
  const place = searchPage(async ({ folder, home }) => {
    const [shop, second] = [join(folder, "shop"), join(folder, "second")];
    zeroclip(home, "catalogue", "import", writeProducts(folder), "--catalogue", shop, "--quiet");
    // Photos of some of the shop's goods, by which it learns what is not in it.
    for (const id of Object.keys(KINDS).flatMap((kind) => [1, 2, 3, 4].map((i) => `${kind}-${i}`))) {
      mkdirSync(join(folder, "fit", id), { recursive: true });
      copyFileSync(file(id.replace(/-\d$/, "")), join(folder, "fit", id, "1.jpg"));
    }
    zeroclip(home, "catalogue", "fit", "--photos", join(folder, "fit"), "--catalogue", shop, "--quiet");
    writeFileSync(join(shop, "rules.json"), JSON.stringify({ cat: ["coffee"] }));
    const one = ["add", "mug", "--name", "a mug", "--picture", file("coffee"), "--catalogue", second];
    zeroclip(home, "catalogue", ...one);
    return ["--catalogues", `${shop},${second}`];
  });
  const cards = () => place.page.locator(".product-grid .product");
  const candidates = () => place.page.locator(".candidate");

  test("are listed page by page; one leads to what resembles it and what goes with it", async () => {
    const { page, tab } = place;
    await tab("Products");
    await page.getByText("63 products").waitFor();
    await soon(() => cards().count()).toBe(60);
    const more = page.getByRole("button", { name: "More products" });
    // Pressed twice, as somebody impatient does.
    await more.dblclick();
    await soon(() => cards().count()).toBe(63);
    await soon(() => more.count()).toBe(0);
    expect(new Set(await cards().allTextContents()).size).toBe(63);
    await cards().filter({ hasText: "cat number 3" }).click();
    const recommended = page.locator(".recommended");
    await recommended.getByRole("heading", { name: "Similar to cat number 3" }).waitFor();
    const similar = recommended.locator(".product-row").first().locator(".product-name");
    await soon(async () => (await similar.allTextContents()).slice(0, 2).join()).toMatch(
      /^cat number \d+,cat number \d+$/,
    );
    const looks = recommended.locator(".product-row").nth(1).locator(".product");
    await soon(() => looks.count()).toBeGreaterThan(0);
    await soon(() => looks.first().textContent()).toMatch(/coffee number \d+.*€/);
    await looks.first().click();
    await recommended.getByRole("heading", { name: /Similar to coffee/ }).waitFor();
    await recommended.getByText("No rules say what goes with it.").waitFor();
    await accessible(page, "products");
  });

  test("are recognised in a photo; another catalogue answers for itself", async () => {
    const { page, tab } = place;
    await tab("Products");
    // What is dimmed while an answer is on its way is bright again at once.
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.setInputFiles("input[type=file][aria-label='Which product is it?']", file("rocket"));
    await soon(() => candidates().first().textContent()).toMatch(/^rocket number \d+?\d\d?(?:\.\d+)?%/);
    expect(await candidates().first().textContent()).toContain("€");
    expect(await candidates().first().textContent()).toContain("pictures 0.");
    await page.setInputFiles("input[type=file][aria-label='Which product is it?']", file("astronaut"));
    await page.getByText("Not in the catalogue.").waitFor();
    await soon(() => page.locator(".dimmed").count()).toBe(0);
    await accessible(page, "candidates");
    await page.getByRole("combobox", { name: "Catalogue" }).selectOption("second");
    await page.getByText("1 product", { exact: true }).waitFor();
    await soon(() => candidates().count()).toBe(1);
    expect(await cards().allTextContents()).toEqual([expect.stringContaining("a mug")]);
  });

  test.each([
    ["light", "EN", 390],
    ["dark", "中文", 390],
    ["dark", "EN", 1440],
  ] as const)(
    "%s, %s, %i pixels wide: nothing sticks out, axe finds nothing serious",
    async (scheme, language, width) => {
      const { page } = place;
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 844 });
      await page.getByRole("button", { name: language, exact: true }).first().click();
      await page.evaluate(`location.hash = "#/search/products"`);
      await cards().nth(2).click();
      await page.locator(".recommended .product").first().waitFor();
      await page.setInputFiles(".recognise input[type=file]", file("cat"));
      await candidates().first().waitFor();
      await accessible(page, `products ${language} ${scheme}`);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
    },
  );
});
