import { readFileSync } from "node:fs";
import type { Route } from "playwright-core";
import { describe, expect, test } from "vitest";
import { accessible, CHROMIUM, front, newPage, reason, soon, startServer } from "./parts.js";
import { file, PARTS, searchPage, zeroclip } from "./search-page.js";

/** Code of the page: a file as a browser holds it while it is dragged or copied. */
const carried = (bytes: Buffer, name: string, type: string): string => `(() => {
    const carried = new DataTransfer();
    const bytes = Uint8Array.from(atob(${JSON.stringify(bytes.toString("base64"))}), (one) => one.charCodeAt(0));
    carried.items.add(new File([bytes], ${JSON.stringify(name)}, { type: ${JSON.stringify(type)} }));
    return carried;
  })()`;
const picture = (name: string): string => carried(readFileSync(file(name)), `${name}.jpg`, "image/jpeg");

describe.skipIf(CHROMIUM === undefined)(
  `what goes into the search of the page${reason}`,
  {
    timeout: 180_000,
  },
  () => {
    const place = searchPage(async ({ home, db }) => {
      zeroclip(home, "tag", "--db", db, "--labels", "cat,rocket,cup of coffee,astronaut", "--quiet");
      return [];
    });
    const { tiles, field, count, first } = place;

    test("dates narrow what is seen, day by day; a year that is being typed is no question", async () => {
      const { page } = place;
      const asked: string[] = [];
      page.on("request", (request) => {
        const { filter } = (request.postDataJSON() ?? {}) as { filter?: { since?: string } };
        if (filter?.since !== undefined) asked.push(filter.since);
      });
      const steps = await page.evaluate<number>("history.length");
      await page.getByRole("button", { name: "Date" }).click();
      const from = page.getByLabel("From", { exact: true });
      expect([await from.getAttribute("min"), await from.getAttribute("max")]).toEqual([
        "2020-06-15",
        new Date().toISOString().slice(0, 10),
      ]);
      await from.focus();
      await page.keyboard.type("01012021", { delay: 20 });
      await soon(count).toContain(`${3 * PARTS + 1} pictures`);
      await page.getByLabel("Until", { exact: true }).fill("2021-12-31");
      await soon(count).toContain(`${PARTS} pictures`);
      expect(await first()).toMatch(/^coffee/);
      expect(asked.filter((date) => date < "2020")).toEqual([]);
      expect((await page.evaluate<number>("history.length")) - steps).toBeLessThanOrEqual(2);
      await page.keyboard.press("Escape");
      await page.locator(".pill.on", { hasText: "2021-01-01 – 2021-12-31" }).waitFor();
      await page.reload();
      await soon(count).toContain(`${PARTS} pictures`);
      await page.getByRole("button", { name: "Clear filters" }).first().click();
      await soon(count).toContain(`${4 * PARTS + 1} pictures`);
    });

    test("tags are asked for and left out, in the filter and from the preview", async () => {
      const { page } = place;
      const { databases } = await place.server.json(`${place.server.url}/v1/databases`);
      const tags = databases[0].labels as { label: string; count: number }[];
      const cats = tags.find(({ label }) => label === "cat")!.count;
      await page.getByRole("button", { name: "Tags" }).click();
      await page.getByRole("textbox", { name: "Find a tag" }).fill("CAT");
      await page.getByRole("button", { name: /^cat \d+$/ }).click();
      await soon(count).toContain(`${cats} pictures`);
      await accessible(page, "the filter of tags");
      await page.getByRole("button", { name: /^cat \d+ ?, has cat$/ }).click();
      await soon(count).toContain(`${4 * PARTS + 1 - cats} pictures`);
      await page.getByRole("button", { name: /^cat \d+ ?, without cat$/ }).click();
      await soon(count).toContain(`${4 * PARTS + 1} pictures`);
      await page.keyboard.press("Escape");
      await field().fill("a cup of coffee");
      await soon(first).toMatch(/^coffee/);
      await tiles().first().click();
      await page.getByRole("list", { name: "Tags" }).getByRole("button", { name: "cup of coffee" }).click();
      await soon(count).toContain(`${tags.find(({ label }) => label === "cup of coffee")!.count} pictures`);
      await page.locator(".pill.on", { hasText: "cup of coffee" }).waitFor();
    });

    test("a picture is dropped on the page, or pasted; what is none is told until the next question", async () => {
      const { page } = place;
      const over = page.locator(".drop-over");
      const rocket = await page.evaluateHandle(picture("rocket"));
      await page.dispatchEvent("main", "dragover", { dataTransfer: rocket });
      await over.getByText("Drop the picture to search with it").waitFor();
      await page.dispatchEvent("main", "dragleave", { dataTransfer: rocket });
      await soon(() => over.count()).toBe(0);
      await page.dispatchEvent("main", "dragover", { dataTransfer: rocket });
      await page.dispatchEvent("main", "drop", { dataTransfer: rocket });
      await soon(first).toBe("rocket.jpg");
      await soon(() => over.count()).toBe(0);
      await page.locator(".picture-term", { hasText: "rocket.jpg" }).waitFor();
      await field().fill("-cat");
      await page.keyboard.press("Enter");
      await page.locator(".term.minus", { hasText: "cat" }).waitFor();
      await soon(() => page.locator(".results-count").textContent()).toContain("best first");
      expect(await page.locator(".results > .notice").count()).toBe(0);
      await page.getByRole("button", { name: "Remove cat" }).click();
      await tiles().nth(1).click();
      await page.locator("dialog.preview-dialog").waitFor();
      const paste = (what: string): Promise<unknown> =>
        page.evaluate(
          `document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: ${what}, bubbles: true }))`,
        );
      await paste(picture("cat"));
      await soon(first).toBe("cat.jpg");
      await soon(() => page.locator("dialog").count()).toBe(0);
      await paste(carried(Buffer.from("no picture"), "letter.txt", "text/plain"));
      const said = page.getByRole("alert").filter({ hasText: "That file is no picture." });
      await said.waitFor();
      expect(await first()).toBe("cat.jpg");
      await field().fill("on a table");
      await soon(() => said.count()).toBe(0);
    });

    test("a server that goes and comes: said once, then what was asked is answered where one was", async () => {
      await using address = await front(place.server.url);
      const page = await newPage(place.page.context());
      await page.setViewportSize({ width: 390, height: 500 });
      // Pictures wait until the server is away, however quick they are.
      const held: Route[] = [];
      const isPicture = /\/thumbnail/;
      await page.route(isPicture, (route) => {
        held.push(route);
      });
      await page.goto(`${address.url}/`);
      const tiles = page.locator(".tile-open");
      const field = page.locator("#search-field");
      await tiles.first().waitFor();
      const whole = () =>
        page.evaluate<number>(
          "[...document.querySelectorAll('.tile img')].filter((one) => one.naturalWidth > 0).length",
        );
      const away = async (): Promise<void> => {
        address.behind = undefined;
        await place.server.end();
      };
      const back = async (): Promise<void> => {
        place.server = await startServer(place.home, place.flags);
        address.behind = place.server.url;
        await soon(() => page.locator("main > .notice").count()).toBe(0);
      };
      await away();
      // Nothing is asked but pictures, which don't come.
      await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
      await soon(() => held.length).toBeGreaterThan(0);
      // Those of tiles that are gone have ended.
      await Promise.all(held.map((route) => route.continue().catch(() => undefined)));
      await page.unroute(isPicture);
      await page.getByText("The server does not answer.").waitFor();
      await soon(() => page.locator(".tile .no-picture").count()).toBeGreaterThan(0);
      const scrolled = await page.evaluate<number>("scrollY");
      await back();
      await soon(() => page.locator(".tile .no-picture").count()).toBe(0);
      await soon(whole).toBe(await page.locator(".tile img").count());
      expect(await page.evaluate<number>("scrollY")).toBe(scrolled);
      await away();
      await field.fill("a rocket");
      await page.getByText("The server does not answer.").waitFor();
      expect(await page.locator(".results > .notice").count()).toBe(0);
      await back();
      await soon(() => tiles.first().getAttribute("aria-label")).toMatch(/^rocket/);
      await page.close();
    });
  },
);
