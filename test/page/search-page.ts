import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { newPage, openBrowser, startServer, type TestServer } from "./parts.js";

const PHOTOS = { cat: "pets", coffee: "kitchen", rocket: "sky", astronaut: "sky" };
/** Parts of each photo: enough pictures for several rows and for a map. */
export const PARTS = 12;

export const file = (name: string): string => `bench/pictures/${name}.jpg`;

/** The photos, parts of them of many shapes, and a copy of one; those of a name are of one year: cats of 2020, coffee of 2021 … */
export async function writePictures(folder: string): Promise<void> {
  for (const [n, [name, under]] of Object.entries(PHOTOS).entries()) {
    mkdirSync(join(folder, under), { recursive: true });
    const time = new Date(Date.UTC(2020 + n, 5, 15));
    copyFileSync(file(name), join(folder, under, `${name}.jpg`));
    utimesSync(join(folder, under, `${name}.jpg`), time, time);
    const whole = sharp(file(name));
    const { width, height } = await whole.metadata();
    for (let i = 1; i < PARTS; i++) {
      const [w, h] = [
        Math.round(width * (0.5 + ((i * 7) % 5) / 10)),
        Math.round(height * (0.5 + (i % 6) / 11)),
      ];
      const [left, top] = [((width - w) * ((i + n) % 3)) >> 1, ((height - h) * (i % 3)) >> 1];
      const part = whole.clone().extract({ left, top, width: w, height: h });
      const path = join(folder, under, `${name}-${i}.jpg`);
      await part.jpeg().toFile(path);
      utimesSync(path, time, time);
    }
  }
  mkdirSync(join(folder, "copies"));
  copyFileSync(file("coffee"), join(folder, "copies", "coffee again.jpg"));
}

/** A command of zeroclip in a home of its own. */
export function zeroclip(home: string, ...args: string[]): void {
  execFileSync(process.execPath, ["dist/cli/main.js", ...args, "--home", home], { stdio: "pipe" });
}

/** Where the tests of a file take place: a database of 49 pictures, its server, a page of it for each test. */
export interface SearchPage {
  readonly folder: string;
  readonly home: string;
  readonly flags: readonly string[];
  server: TestServer;
  page: Page;
  tiles(): ReturnType<Page["locator"]>;
  field(): ReturnType<Page["locator"]>;
  count(): Promise<string | null>;
  /** The name of the first picture that was found. */
  first(): Promise<string>;
  /** The label of what has the focus. */
  focused(): Promise<string>;
  tab(name: string): Promise<void>;
}

export const nameOf = (label: string | null): string =>
  label?.replace(/( [\d.]+% relevance)?(, selected)?$/, "") ?? "";

/** What a file does before its server starts; it may give further flags. */
export type Prepare = (place: {
  readonly folder: string;
  readonly home: string;
  readonly db: string;
}) => Promise<readonly string[]>;

/** Sets a place up for the tests of a `describe`: its pictures are in `photos`; no test may leave a fault of the page's program. */
export function searchPage(prepare: Prepare = async () => []): SearchPage {
  let browser: Browser;
  let context: BrowserContext;
  let faults: string[] = [];
  const held = { folder: "", home: "", flags: [] as readonly string[] } as {
    -readonly [K in keyof SearchPage]: SearchPage[K];
  };
  held.tiles = () => held.page.locator(".tile-open");
  held.field = () => held.page.locator("#search-field");
  held.count = () => held.page.locator(".results-count").textContent();
  held.first = async () => nameOf(await held.tiles().first().getAttribute("aria-label"));
  held.focused = () => held.page.evaluate<string>("document.activeElement.getAttribute('aria-label') ?? ''");
  held.tab = (name) => held.page.getByRole("button", { name, exact: true }).click();
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "zeroclip-search-page-"));
    const [home, photos, db, uploads] = ["home", "photos", "photos.db", "uploads"].map((name) =>
      join(folder, name),
    ) as [string, string, string, string];
    Object.assign(held, { folder, home });
    await writePictures(photos);
    mkdirSync(uploads);
    zeroclip(home, "index", photos, "--db", db, "--quiet");
    const more = await prepare({ folder, home, db });
    held.flags = ["--databases", `photos=${db}`, "--uploads", uploads, "--trash", ...more];
    [held.server, browser] = await Promise.all([startServer(home, held.flags), openBrowser("/dev/null")]);
  });
  afterAll(async () => {
    await browser?.close();
    await held.server?.end();
    rmSync(held.folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    faults = [];
    context = await browser.newContext({ locale: "en-GB", viewport: { width: 1440, height: 900 } });
    held.page = await newPage(context);
    held.page.on("pageerror", (error) => faults.push(error.message));
    held.page.on("dialog", (dialog) => void dialog.accept());
    await held.page.goto(`${held.server.url}/`);
    await held.tiles().first().waitFor();
  });
  afterEach(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });
  return held;
}
