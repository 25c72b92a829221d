import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

/** Programs that run what is written for Node, as docs/browser.md has them. */
const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  bun: [],
  deno: ["run", "--allow-read", "--allow-env", "--allow-ffi", "--allow-sys"],
};

const PROGRAM = `
import { ClipError, loadClip } from "zeroclip";
const clip = await loadClip("starter");
const photo = (name) => ${JSON.stringify(resolve("test/fixtures/pictures"))} + "/" + name;
const [best] = await clip.classify(photo("cat.jpg"), ["a cat", "a dog", "a rocket"]);
const results = await clip.encodeImages([photo("rocket.jpg"), photo("LICENSES.md"), new Uint8Array(0)]);
console.log([best.label, ...results.map((one) => (one instanceof ClipError ? one.code : one.length))].join(" "));
await clip[Symbol.asyncDispose]();
`;

describe("the main entry elsewhere than in Node", () => {
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-runtimes-"));
  // As it is installed: the built package under its name.
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(resolve("."), join(folder, "node_modules/zeroclip"), "dir");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(folder, "use.mjs"), PROGRAM);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, flags] of Object.entries(RUNTIMES)) {
    const absent = spawnSync(name, ["--version"]).status !== 0;
    test.skipIf(absent)(`${name}${absent ? " (skipped: it is not on this machine)" : ""}`, () => {
      const done = spawnSync(name, [...flags, "use.mjs"], {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, ZEROCLIP_HOME: join(folder, "home"), ZEROCLIP_OFFLINE: "1" },
      });
      // Nothing on stderr either: what goes wrong while threads end is told there.
      expect([done.stdout.trim(), done.stderr, done.status]).toEqual([
        "a cat 1512 image.format image.empty",
        "",
        0,
      ]);
    });
  }
});
