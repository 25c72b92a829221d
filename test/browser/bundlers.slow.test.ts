import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import webpack from "webpack";
import { CHROMIUM, newPage, openBrowser, reason } from "../page/parts.js";
import { type StaticServer, serveFiles } from "../support/static-server.js";
import { writeSite } from "./site.js";

const PROGRAM = `
import { loadClip } from "zeroclip/browser";
const clip = await loadClip("starter");
const picture = await (await fetch("cat.jpg")).blob();
const [best] = await clip.classify(picture, ["a cat", "a rocket"]);
document.title = best.label;
`;

/** gzip'd bytes of what a page loads beside ONNX Runtime and weights; the original's vocabulary comes with models that have it. */
const MOST = 120_000;

/** Each as its own documentation starts, with nothing set but where things lie. */
const BUNDLERS: Readonly<Record<string, (project: string, out: string) => Promise<void>>> = {
  async Vite(project, out) {
    await build({
      configFile: false,
      root: project,
      logLevel: "warn",
      build: {
        outDir: out,
        rolldownOptions: { input: join(project, "app.js"), output: { entryFileNames: "app.js" } },
      },
    });
  },
  async webpack(project, out) {
    const stats = await new Promise<webpack.Stats | undefined>((done, failed) => {
      const given: webpack.Configuration = {
        mode: "production",
        context: project,
        entry: "./app.js",
        output: { path: out, filename: "app.js" },
      };
      webpack(given, (error, found) => (error ? failed(error) : done(found)));
    });
    expect(stats?.toJson({ all: false, errors: true, warnings: true })).toMatchObject({ errors: [] });
  },
  async esbuild(project, out) {
    await esbuild.build({
      absWorkingDir: project,
      entryPoints: ["app.js"],
      bundle: true,
      minify: true,
      format: "esm",
      outdir: out,
      logLevel: "warning",
    });
  },
};

describe.skipIf(CHROMIUM === undefined)(`bundlers${reason}`, { timeout: 180_000 }, () => {
  let folder = "";
  let server: StaticServer;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "zeroclip-bundlers-"));
    await writeSite(join(folder, "site"));
    const project = join(folder, "project");
    mkdirSync(join(project, "node_modules"), { recursive: true });
    writeFileSync(
      join(project, "package.json"),
      JSON.stringify({ name: "page", private: true, type: "module" }),
    );
    writeFileSync(join(project, "app.js"), PROGRAM);
    // As it is installed: the built package under its name.
    symlinkSync(resolve("."), join(project, "node_modules/zeroclip"), "dir");
    server = await serveFiles({ "/": join(folder, "site") });
    browser = await openBrowser("/dev/null");
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(Object.keys(BUNDLERS))("%s bundles a page that classifies a photo", async (name) => {
    const out = join(folder, "site", name);
    mkdirSync(out, { recursive: true });
    await BUNDLERS[name]!(join(folder, "project"), out);
    writeFileSync(
      join(out, "index.html"),
      '<!doctype html><title>opening</title><script type="module" src="app.js"></script>',
    );
    writeFileSync(join(out, "cat.jpg"), readFileSync("test/fixtures/pictures/cat.jpg"));
    execFileSync("ln", ["-sfn", join(folder, "site/zeroclip"), join(out, "zeroclip")]);
    const page = await newPage(await browser.newContext());
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    await page.goto(`${server.url}/${name}/`);
    await expect.poll(async () => [await page.title(), ...faults], { timeout: 150_000 }).toEqual(["a cat"]);

    const packed = (path: string): number => gzipSync(readFileSync(path)).length;
    const files = join(folder, "site/zeroclip");
    // What reads texts, and DICOM, is loaded when the first of them comes.
    expect(packed(join(out, "app.js")) + packed(join(files, "worker.js"))).toBeLessThan(MOST);
  });
});
