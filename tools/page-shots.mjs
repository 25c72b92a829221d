// Pictures of the page of `zeroclip serve` in all its states: node tools/page-shots.mjs OUT [--only REGEX] [--docs]
// Widths 1440 and 390, light and dark, English and Chinese; --docs makes docs/images/page.png alone. Needs the build,
// Chromium, ffmpeg and, for Chinese, a CJK font (Debian: chromium ffmpeg fonts-noto-cjk).
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import sharp from "sharp";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string", default: "." }, docs: { type: "boolean", default: false } },
});
const [out] = positionals;
if (out === undefined && !values.docs) throw new Error("Expected a folder for the pictures.");
const only = new RegExp(values.only);
const PHOTOS = ["cat", "coffee", "rocket", "astronaut"].map((name) => `bench/pictures/${name}.jpg`);

const home = mkdtempSync(join(tmpdir(), "zeroclip-shots-"));

/** In the page: where some point of the map is on the screen. */
function aPoint() {
  const canvas = document.querySelector(".map-points");
  const { left, top, width } = canvas.getBoundingClientRect();
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const at = new Uint32Array(data.buffer).findLastIndex((pixel, i) => pixel !== 0 && i < data.length / 6);
  const scale = width / canvas.width;
  return [left + scale * (at % canvas.width), top + scale * Math.floor(at / canvas.width)];
}

/** A second of a photo as Chromium's false camera reads it. */
async function camera(path) {
  const [width, height] = [640, 480];
  const rgb = await sharp(PHOTOS[0]).resize(width, height).removeAlpha().raw().toBuffer();
  const planes = [Buffer.alloc(width * height), ...[0, 1].map(() => Buffer.alloc((width * height) / 4))];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [r, g, b] = rgb.subarray((y * width + x) * 3);
      planes[0][y * width + x] = 0.299 * r + 0.587 * g + 0.114 * b;
      if (x % 2 || y % 2) continue;
      const at = (y / 2) * (width / 2) + x / 2;
      planes[1][at] = 128 - 0.169 * r - 0.331 * g + 0.5 * b;
      planes[2][at] = 128 + 0.5 * r - 0.419 * g - 0.081 * b;
    }
  }
  const head = Buffer.from(`YUV4MPEG2 W${width} H${height} F15:1 Ip A1:1 C420jpeg\n`);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), ...planes]);
  writeFileSync(path, Buffer.concat([head, ...Array.from({ length: 15 }, () => frame)]));
}

const zeroclip = (...args) =>
  spawnSync(process.execPath, ["dist/cli/main.js", ...args, "--home", home, "--quiet"], { stdio: "inherit" });

/** A database of parts of the photos, of many shapes, and a catalogue of some of them; flags of `serve` that open both. */
async function searchable() {
  const [photos, db, shop] = ["photos", "photos.db", "shop"].map((name) => join(home, name));
  const products = [];
  for (const path of PHOTOS) {
    const name = path.replace(/^.*\/(\w+)\.jpg$/, "$1");
    mkdirSync(join(photos, name), { recursive: true });
    copyFileSync(path, join(photos, name, `${name}.jpg`));
    const { width, height } = await sharp(path).metadata();
    for (let i = 1; i < 12; i++) {
      const [w, h] = [0.5 + ((i * 7) % 5) / 10, 0.5 + (i % 6) / 11].map((share, axis) =>
        Math.round(share * [width, height][axis]),
      );
      const at = { left: ((width - w) * (i % 3)) >> 1, top: ((height - h) * (i % 2)) >> 1 };
      const file = join(photos, name, `${name}-${i}.jpg`);
      await sharp(path)
        .extract({ ...at, width: w, height: h })
        .toFile(file);
      const names = { en: `${name} number ${i}`, zh: `${name} 第${i}号` };
      const price = { amount: 10 + i, currency: "EUR" };
      products.push({ id: `${name}-${i}`, names, categories: ["things", name], price, pictures: [file] });
    }
  }
  copyFileSync(PHOTOS[1], join(photos, "coffee", "coffee again.jpg"));
  const list = join(home, "products.jsonl");
  writeFileSync(list, products.map((one) => `${JSON.stringify(one)}\n`).join(""));
  zeroclip("index", photos, "--db", db);
  zeroclip("catalogue", "import", list, "--catalogue", shop);
  writeFileSync(join(shop, "rules.json"), JSON.stringify({ cat: ["coffee"] }));
  mkdirSync(join(home, "uploads"));
  return [
    ...["--databases", `photos=${db}`, "--uploads", join(home, "uploads"), "--trash"],
    ...["--catalogues", shop, "--picture-folders", photos],
  ];
}

/** Three photos, a second and a half each. */
function video(path) {
  const inputs = PHOTOS.slice(0, 3).flatMap((photo) => ["-loop", "1", "-t", "1.5", "-i", photo]);
  const scaled = [0, 1, 2].map((i) => `[${i}]scale=640:480,setsar=1[v${i}]`).join(";");
  const graph = `${scaled};[v0][v1][v2]concat=n=3:v=1,fps=15,format=yuv420p`;
  const coded = ["-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M", path];
  const { status } = spawnSync("ffmpeg", ["-v", "error", ...inputs, "-filter_complex", graph, ...coded]);
  if (status !== 0) throw new Error("Expected ffmpeg, which makes the video that is shown.");
}

/** Labelled folders of the sample pictures, for evaluations. */
function labelled() {
  for (const [label, at] of Object.entries({ cat: 0, "cup of coffee": 1, rocket: 2, astronaut: 3 })) {
    mkdirSync(join(home, "pictures", "samples", label), { recursive: true });
    copyFileSync(PHOTOS[at], join(home, "pictures", "samples", label, "1.jpg"));
  }
  return join(home, "pictures");
}

async function serve(flags) {
  const child = spawn(
    process.execPath,
    ["dist/cli/main.js", "serve", "--json", "--port", "0", "--log-level", "error", ...flags],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const [line] = await once(child.stdout, "data");
  const { url } = JSON.parse(String(line));
  while (!(await fetch(`${url}/readyz`)).ok) await new Promise((next) => setTimeout(next, 100));
  return { url, end: () => child.kill("SIGTERM") };
}

const SHELF = {
  description: "Goods on the shelf by the window",
  labels: [
    { name: "drink" },
    {
      name: "cup of coffee",
      parent: "drink",
      description: "a hot black drink in a cup",
      aliases: ["coffee", "espresso"],
    },
    { name: "bottle of water", parent: "drink" },
    { name: "pet" },
    { name: "cat", parent: "pet", aliases: ["tabby", "kitten"], translations: { zh: "猫" } },
    { name: "dog", parent: "pet" },
    { name: "vehicle" },
    { name: "rocket", parent: "vehicle", description: "a rocket on its launch pad" },
    { name: "bus", parent: "vehicle" },
    { name: "astronaut", id: "person-01" },
  ],
};

async function put(url, name, body) {
  await fetch(`${url}/v1/label-sets/${name}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

const asking = (more) => ({
  labels: ["a cat", "a cup of coffee", "a rocket", "an astronaut", "a dog", "a street"],
  labelSet: "",
  model: "",
  domain: "",
  views: "center",
  template: "",
  none: 0,
  coverage: 0,
  ...more,
});
const files = (page, list) => page.setInputFiles('input[type="file"][accept="image/*"]', list);
const answered = (page) => page.locator(".answer-panel .bar.best, .answer-panel .notice").first().waitFor();

/** The page's own policy allows no code from words, which waitForFunction makes. */
async function until(page, words) {
  while (!(await page.evaluate(words))) await page.waitForTimeout(50);
}

/** Answers of the model by what was asked: eight pictures of a state ask the same. */
const answers = new Map();

/** Runs in the page: a question that was answered before is not asked again. */
function rememberAnswers() {
  const ask = window.fetch;
  window.fetch = async (input, init) => {
    if (!String(input).endsWith("/v1/classify") || !(init?.body instanceof FormData)) return ask(input, init);
    const key = JSON.stringify(
      [...init.body].map(([name, value]) => [name, value.size ?? value, value.name]),
    );
    const known = await window.answerOf(key);
    if (known) return new Response(known, { headers: { "content-type": "application/json" } });
    const answer = await ask(input, init);
    if (answer.ok) await window.keepAnswer(key, await answer.clone().text());
    return answer;
  };
}

/** What is done before each picture is taken; the page is at its view by then. */
const STATES = {
  "try-empty": { view: "try", asking: { labels: [] }, do: async () => {} },
  "try-answered": {
    view: "try",
    do: async (page) => {
      await files(page, PHOTOS);
      await answered(page);
      await page.locator(".thumbnail .share").nth(3).waitFor();
      await page.locator(".stage figcaption .button").first().click();
      await page.locator("canvas.heat").waitFor();
      await page.locator(".answer-panel summary").click();
    },
  },
  "try-plain": {
    view: "try",
    do: async (page) => {
      await files(page, PHOTOS);
      await answered(page);
      await page.locator(".thumbnail .share").nth(3).waitFor();
      await page.locator(".answer-panel summary").click();
    },
  },
  "try-set": {
    view: "try",
    asking: { labelSet: "everyday", none: 0.5 },
    do: async (page) => {
      await files(page, PHOTOS.slice(1, 2));
      await answered(page);
      await page.locator(".labels-panel summary").click();
    },
  },
  "try-waiting": {
    view: "try",
    fresh: true,
    do: async (page) => {
      await page.route("**/v1/classify", () => {});
      await files(page, PHOTOS);
      await page.locator(".bars.waiting").waitFor();
    },
  },
  "try-broken": {
    view: "try",
    do: async (page) => {
      await files(page, [
        { name: "broken.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") },
        { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") },
      ]);
      await page.locator(".answer-panel .notice.error").waitFor();
    },
  },
  "try-code": {
    view: "try",
    do: async (page) => {
      await files(page, PHOTOS);
      await answered(page);
      await page.locator(".answer-panel > .button").last().click();
      await page.locator("pre.code").waitFor();
    },
  },
  "try-away": {
    view: "try",
    fresh: true,
    do: async (page) => {
      await files(page, PHOTOS.slice(0, 1));
      await answered(page);
      await page.route("**/v1/**", (route) => route.abort());
      await page.route("**/readyz", (route) => route.abort());
      await page.locator(".chips input").fill("a bus");
      await page.keyboard.press("Enter");
      await page.locator("main > .notice").waitFor();
    },
  },
  "try-camera": {
    view: "try",
    do: async (page) => {
      await page.locator(".drop .button").nth(1).click();
      await until(page, "document.querySelector('dialog video')?.videoWidth > 0");
    },
  },
  "live-idle": { view: "live", do: async () => {} },
  "live-running": {
    view: "live",
    do: async (page) => {
      await page.locator(".view.live .button.main").click();
      await page.locator(".events li").first().waitFor();
      await page.locator(".figures-line").waitFor();
    },
  },
  "live-ended": {
    view: "live",
    do: async (page) => {
      await page.setInputFiles('input[type="file"][accept="video/*"]', join(home, "video.webm"));
      await until(page, "document.querySelector('.screen video').ended");
      await page.locator(".events li").nth(2).waitFor();
    },
  },
  "live-no-video": {
    view: "live",
    do: async (page) => {
      const file = { name: "notes.mp4", mimeType: "video/mp4", buffer: Buffer.from("no video") };
      await page.setInputFiles('input[type="file"][accept="video/*"]', file);
      await page.locator(".notice.error").waitFor();
    },
  },
  "sets-none": { view: "sets", do: async () => {} },
  "sets-open": {
    view: "sets",
    do: async (page) => {
      await page.locator(".choices button", { hasText: "shelf" }).click();
      await page.locator(".labels-table tbody tr").first().waitFor();
      await page.locator(".label-tools .check input").check();
      await files(page, PHOTOS);
      await page.locator(".fits img").nth(3).waitFor();
      await page.waitForLoadState("networkidle");
    },
  },
  "sets-learnt": {
    view: "sets",
    do: async (page) => {
      await page.locator(".choices button", { hasText: "shelf" }).click();
      const learn = async (row, photos) => {
        await page.locator(".col-examples input").nth(row).setInputFiles(photos);
        await page.locator(".col-examples progress").first().waitFor({ state: "detached" });
      };
      await learn(0, PHOTOS.slice(0, 1));
      await learn(1, PHOTOS.slice(1, 3));
      await page.locator(".col-examples .digits", { hasText: "2" }).waitFor();
    },
  },
  "sets-ready": {
    view: "sets",
    do: async (page) => {
      await page.locator(".choices button", { hasText: "retail" }).click();
      await page.locator(".labels-table tbody tr").first().waitFor();
    },
  },
  "sets-versions": {
    view: "sets",
    do: async (page) => {
      await page.locator(".choices button", { hasText: "shelf" }).click();
      await page.locator(".editor-head .button").nth(1).click();
      await page.locator(".versions li").first().waitFor();
    },
  },
  "compare-empty": {
    view: "compare",
    asking: { labels: [] },
    do: async (page) => {
      await page.locator(".evaluations .figures-table").first().waitFor();
    },
  },
  "compare-three": {
    view: "try",
    do: async (page) => {
      await files(page, PHOTOS);
      await answered(page);
      await page.evaluate('location.hash = "#/compare"');
      await page.locator(".compare-tools .button").last().click();
      await page.locator(".way").nth(2).locator("input").fill("no {} at all");
      await page.locator(".short-bars").nth(11).waitFor();
      await page.waitForLoadState("networkidle");
    },
  },
  "search-all": {
    view: "search",
    do: async (page) => {
      await page.locator(".tile-open").first().waitFor();
    },
  },
  "search-words": {
    view: "search",
    do: async (page) => {
      await page.locator("#search-field").fill("a cat -rocket");
      await page.locator(".tile .share").first().waitFor({ state: "attached" });
    },
  },
  "search-nothing": {
    view: "search",
    do: async (page) => {
      await page.locator("#search-field").fill("an invoice of the tax office");
      await page.waitForTimeout(1500);
    },
  },
  "search-preview": {
    view: "search",
    do: async (page) => {
      await page.locator("#search-field").fill("a rocket");
      await page.locator(".tile .share").first().waitFor({ state: "attached" });
      await page.locator(".tile-open").first().click();
      await page.locator("dialog.preview-dialog .strip img").first().waitFor();
    },
  },
  "search-duplicates": {
    view: "search",
    do: async (page) => {
      await page.locator(".tile-open").first().waitFor();
      await page.getByRole("button", { name: /^(Duplicates|重复)/ }).click();
      await page.locator(".duplicate-group").first().waitFor();
    },
  },
  "search-map": {
    view: "search",
    do: async (page) => {
      await page.locator(".tile-open").first().waitFor();
      await page.getByRole("button", { name: /^(Map|地图)/ }).click();
      await page.locator(".map-side [role=status]").waitFor();
      await page.waitForTimeout(300);
      const [x, y] = await page.evaluate(aPoint);
      await page.mouse.move(x, y);
      await page.locator(".map-card img").waitFor();
    },
  },
  "search-products": {
    view: "search",
    do: async (page) => {
      await page.getByRole("button", { name: /^(Products|商品)/ }).click();
      await page.locator(".product-grid .product").first().waitFor();
      await page.locator(".product-grid .product").filter({ hasText: /cat/ }).first().click();
      await page.locator(".recommended .product-row").first().waitFor();
    },
  },
  "search-recognised": {
    view: "search",
    do: async (page) => {
      await page.getByRole("button", { name: /^(Products|商品)/ }).click();
      await page.locator(".product-grid .product").first().waitFor();
      await page.locator("input[type=file]").first().setInputFiles(PHOTOS[2]);
      await page.locator(".candidate").first().waitFor();
    },
  },
  settings: {
    view: "settings",
    do: async (page) => {
      await page.locator(".models li").first().waitFor();
    },
  },
};

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    `--use-file-for-fake-video-capture=${join(home, "camera.y4m")}`,
  ],
});
let server;
try {
  await camera(join(home, "camera.y4m"));
  video(join(home, "video.webm"));
  const more = ["--eval-folders", labelled(), ...(await searchable())];
  server = await serve(["--home", home, "--model", "starter,ViT-B/32@int8", ...more]);
  await put(server.url, "shelf", { labels: ["cup", "plate"] });
  await put(server.url, "shelf", SHELF);
  const body = JSON.stringify({ folder: "pictures/samples", prompts: ["model", "generic"] });
  await fetch(`${server.url}/v1/evaluations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });

  const open = async ({ width, height, scheme, language, state }) => {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: scheme,
      deviceScaleFactor: width < 500 ? 2 : 1,
      reducedMotion: "reduce",
    });
    const kept = { language, asking: asking(state.asking) };
    await context.exposeBinding("answerOf", (_, key) => (state.fresh ? undefined : answers.get(key)));
    await context.exposeBinding("keepAnswer", (_, key, text) => void answers.set(key, text));
    await context.addInitScript(rememberAnswers);
    await context.addInitScript((values) => {
      for (const [name, value] of Object.entries(values))
        localStorage.setItem(`zeroclip.${name}`, JSON.stringify(value));
    }, kept);
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(`${server.url}/#/${state.view}`);
    await page.locator(`.view.${state.view}`).waitFor();
    await page.waitForLoadState("networkidle");
    await state.do(page);
    return { page, context };
  };
  if (values.docs) {
    const { page } = await open({
      width: 1280,
      height: 860,
      scheme: "light",
      language: "en",
      state: STATES["try-plain"],
    });
    await page.mouse.move(0, 0);
    const shot = await page.screenshot();
    mkdirSync("docs/images", { recursive: true });
    await sharp(shot)
      .png({ palette: true, colours: 200, compressionLevel: 9, effort: 10 })
      .toFile("docs/images/page.png");
  } else {
    mkdirSync(out, { recursive: true });
    for (const width of [1440, 390]) {
      for (const scheme of ["light", "dark"]) {
        for (const language of ["en", "zh"]) {
          for (const [name, state] of Object.entries(STATES)) {
            const file = `${name}-${width}-${scheme}-${language}.png`;
            if (!only.test(file)) continue;
            try {
              const { page, context } = await open({
                width,
                height: width < 500 ? 844 : 900,
                scheme,
                language,
                state,
              });
              // In a window as high as the page, so that what stays in place is where it belongs.
              const tall = await page.evaluate("document.documentElement.scrollHeight");
              await page.setViewportSize({ width, height: Math.max(width < 500 ? 844 : 900, tall) });
              await page.evaluate("scrollTo(0, 0)");
              await page.screenshot({ path: join(out, file) });
              await context.close();
              console.log(file);
            } catch (error) {
              console.error(`${file}: ${String(error.message).split("\n").slice(0, 3).join(" ")}`);
              process.exitCode = 1;
            }
          }
        }
      }
    }
  }
} finally {
  await browser.close();
  server?.end();
  rmSync(home, { recursive: true, force: true });
}
