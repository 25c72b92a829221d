import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { greenCamera } from "./camera.js";
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

const VIDEO = "input[type=file][accept^='video']";
/** Two photos one after the other, seconds each. */
const EACH = 1.5;

const has = spawnSync("ffmpeg", ["-version"]).status === 0;
const without = has ? "" : " (skipped: there is no ffmpeg on this machine)";

function makeVideo(path: string): void {
  const inputs = ["cat", "rocket"].flatMap((name) => [
    ...["-loop", "1", "-t", String(EACH), "-i", `bench/pictures/${name}.jpg`],
  ]);
  const graph =
    "[0]scale=320:240,setsar=1[a];[1]scale=320:240,setsar=1[b];[a][b]concat=n=2:v=1,fps=15,format=yuv420p";
  const coded = ["-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M", "-g", "15", path];
  const made = spawnSync("ffmpeg", ["-v", "error", "-y", ...inputs, "-filter_complex", graph, ...coded]);
  expect(String(made.stderr)).toBe("");
}

describe.skipIf(CHROMIUM === undefined)(`what moves on the page${reason}`, { timeout: 180_000 }, () => {
  let folder = "";
  let server: TestServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let faults: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "zeroclip-moving-"));
    writeFileSync(join(folder, "camera.y4m"), greenCamera());
    if (has) makeVideo(join(folder, "two.webm"));
    [server, browser] = await Promise.all([
      startServer(join(folder, "home"), ["--stream-idle-ms", "1500"]),
      openBrowser(join(folder, "camera.y4m")),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    faults = [];
    context = await browser.newContext({ locale: "en-GB", viewport: { width: 1440, height: 900 } });
    page = await newPage(context);
    page.on("pageerror", (error) => faults.push(error.message));
    await page.goto(`${server.url}/`);
  });
  afterEach(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });

  const label = async (...labels: string[]): Promise<void> => {
    for (const one of labels) {
      await page.getByPlaceholder("Type a label").fill(one);
      await page.keyboard.press("Enter");
    }
  };
  const video = (call: string): Promise<unknown> =>
    page.evaluate(`document.querySelector(".screen video").${call}`);
  const events = (): Promise<string[]> => page.locator(".events li").allInnerTexts();

  test("the camera runs, and labels that change while it runs are in the next answers", async () => {
    await label("a green field", "a red wall");
    await page.getByRole("link", { name: "Live" }).click();
    await page.getByText("appears here while it runs").waitFor();
    await page.locator(".view.live .button.main", { hasText: "Camera" }).click();
    const rows = page.locator(".bars.steady .bar-label");
    await soon(() => rows.allInnerTexts()).toEqual(["a green field", "a red wall"]);
    await label("a blue sky");
    await soon(() => rows.count()).toBe(3);
    await page.getByText("labels, version 2").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Camera" }).waitFor();
  });

  test.skipIf(!has)(
    `a video file runs to its end, which ends what is seen; played again it is a new one${without}`,
    async () => {
      await label("a cat", "a rocket");
      await page.getByRole("link", { name: "Live" }).click();
      await page.setInputFiles(VIDEO, join(folder, "two.webm"));
      await video("playbackRate = 0.4");
      // Each has a beginning and an end, the newest first.
      const whole = [/^0:0[12].* – 0:0[23].*\s+a rocket/, /^0:00.* – 0:0[12].*\s+a cat/];
      await soon(events).toEqual(whole.map((line) => expect.stringMatching(line)));
      await accessible(page, "a video that has ended");
      await video("play()");
      await soon(events).toEqual([expect.stringMatching(/goes on\s+a cat/)]);
      await soon(events).toEqual(whole.map((line) => expect.stringMatching(line)));
    },
  );

  test.skipIf(!has)(
    `a video that stands still loses nothing: its stream is closed and opened again${without}`,
    async () => {
      await label("a cat", "a rocket");
      await page.getByRole("link", { name: "Live" }).click();
      const closed: string[] = [];
      page.on("websocket", (socket) => socket.on("close", () => closed.push(socket.url())));
      await page.setInputFiles(VIDEO, join(folder, "two.webm"));
      // A busy machine sees a few frames a second: at its own pace the first scene could be over before two of it are seen.
      await video("playbackRate = 0.1");
      await soon(events).toContainEqual(expect.stringMatching(/a cat/));
      await video("pause()");
      await soon(() => closed.length).toBeGreaterThan(0);
      await video("playbackRate = 1");
      await video("play()");
      await soon(async () => (await events())[0]).toMatch(/ – 0:0\d.*\s+a rocket/);
      expect(await page.locator(".view.live .notice").allInnerTexts()).toEqual([]);
    },
  );

  test("a file that is no video, and a camera that may not be used, are told each by its own words", async () => {
    await label("a cat", "a rocket");
    await page.getByRole("link", { name: "Live" }).click();
    const file = { name: "notes.mp4", mimeType: "video/mp4", buffer: Buffer.from("no video") };
    await page.setInputFiles(VIDEO, file);
    await page.getByText("This browser can't play the file.").waitFor();
    await page.evaluate("navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('no'))");
    await page.locator(".view.live .button.main", { hasText: "Camera" }).click();
    await page.getByText("There is no camera to use").waitFor();
    await soon(() => page.getByText("can't play the file").count()).toBe(0);
    await page.getByRole("link", { name: "Try" }).click();
    await page.getByRole("button", { name: "Camera" }).click();
    await page.locator("dialog").getByText("There is no camera to use").waitFor();
  });

  test("a picture is taken with the camera, which is let go then", async () => {
    await label("a green field", "a red wall");
    await page.evaluate(`{
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      globalThis.tracks = [];
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await open(wanted);
        globalThis.tracks.push(...stream.getTracks());
        return stream;
      };
    }`);
    const on = () => page.evaluate("tracks.filter(({ readyState }) => readyState === 'live').length");
    await page.getByRole("button", { name: "Camera" }).click();
    await soon(on).toBe(1);
    await soon(() => page.evaluate("document.querySelector('dialog video').videoWidth > 0")).toBe(true);
    await accessible(page, "the camera's window");
    await page.keyboard.press("Escape");
    await soon(() => page.locator("dialog").count()).toBe(0);
    await soon(on).toBe(0);
    await page.getByRole("button", { name: "Camera" }).click();
    await soon(() => page.evaluate("document.querySelector('dialog video')?.videoWidth > 0")).toBe(true);
    await page.getByRole("button", { name: "Take the picture" }).click();
    await soon(() => page.locator("dialog").count()).toBe(0);
    await soon(on).toBe(0);
    await soon(() => page.locator(".file-name").textContent()).toMatch(/^camera-\d{6}\.jpg$/);
    await soon(() => page.locator(".answer-panel .bar.best .bar-label").textContent()).toBe("a green field");
  });
});
