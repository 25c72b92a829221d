import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PICTURES, STACK, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
const at = (...parts: string[]): string => join(place.folder, ...parts);
const run = (...args: string[]) => place.run(args, { env: { ZEROCLIP_OFFLINE: "1" } });

beforeAll(() => {
  mkdirSync(at("photos"));
  for (const name of readdirSync(PICTURES).filter((file) => file.endsWith(".jpg"))) {
    copyFileSync(join(PICTURES, name), at("photos", name));
  }
});

describe("index", () => {
  it("puts a folder into the database of the home, and does nothing the second time", async () => {
    const first = await run("index", "photos", "--thumbnails", "--json");
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining("4 files found: 4 added") });
    expect(JSON.parse(first.stdout)).toMatchObject({
      ...{ db: at("home", "db"), model: "starter", precision: "fp32" },
      ...{ found: 4, added: 4, unchanged: 0, failed: 0, errors: [] },
    });
    const second = await run("index", "photos");
    expect(second).toMatchObject({ code: 0, stdout: "" });
    expect(second.stderr).toMatch(/: 4 files found: 4 unchanged\n$/);
  });

  it("names what can't be read, signs that steer a terminal taken out, and ends with 1", async () => {
    writeFileSync(at("photos", "bad\n\u001b[31m\u202egpj.jpg"), "words");
    writeFileSync(
      Buffer.concat([Buffer.from(at("photos", "x")), Buffer.from([0xff]), Buffer.from(".jpg")]),
      "",
    );
    for (let i = 0; i < 30; i++) writeFileSync(at("photos", `empty-${i}.jpg`), "");
    const { code, stderr, stdout } = await run("index", "photos", "--json");
    expect(code).toBe(1);
    expect(stderr).toContain("… and 12 more; of all 32: ");
    expect(stderr).toMatch(/30 image\.empty/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may come through
    expect(stderr).not.toMatch(/\u001b\[31m\u202e|[\x00-\x09\x0b-\x1a]/);
    const { errors, failures } = JSON.parse(stdout) as { errors: { path: string }[]; failures: object };
    expect(errors).toHaveLength(32);
    expect(failures).toEqual({ "image.empty": 30, "image.format": 1, "search.name": 1 });
    expect(errors.some(({ path }) => path.endsWith("/x\\xff.jpg"))).toBe(true);
    for (const name of readdirSync(at("photos"), { encoding: "buffer" })) {
      if (!/^(cat|rocket|coffee|astronaut)\.jpg$/.test(name.toString())) {
        rmSync(Buffer.concat([Buffer.from(`${at("photos")}/`), name]));
      }
    }
  });

  it("refuses another model with both names, and a folder that is not there", async () => {
    const other = await run("index", "photos", "--model", "starter@int8");
    expect(other.code).not.toBe(0);
    const wrong = await run("index", "nothing");
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("Expected a folder at nothing") });
    expect((await run("index")).code).toBe(2);
    expect((await run("index", "photos", "--frames", "0")).code).toBe(2);
    const identity = at("home", "db", "zeroclip-store.json");
    const own = readFileSync(identity, "utf8");
    writeFileSync(identity, own.replace(/"revision": "\w{12}/, '"revision": "000000000000'));
    const mixed = await run("index", "photos");
    writeFileSync(identity, own);
    expect(mixed).toMatchObject({ code: 2, stderr: expect.stringMatching(/starter.*000000000000.*starter/) });
  });

  it("in JSON, a line a run while it watches, and ends well by Ctrl-C", async () => {
    mkdirSync(at("watched"));
    copyFileSync(join(PICTURES, "cat.jpg"), at("watched", "cat.jpg"));
    const child = place.start(["index", "watched", "--db", "watched.db", "--watch", "--json"]);
    let stdout = "";
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    const ended = new Promise((done) => child.once("close", done));
    const lines = () =>
      stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line));
    await expect.poll(lines, { timeout: 20_000 }).toMatchObject([{ added: 1 }]);
    copyFileSync(join(PICTURES, "coffee.jpg"), at("watched", "coffee.jpg"));
    await expect.poll(() => lines().at(-1), { timeout: 20_000 }).toMatchObject({ found: 2, failed: 0 });
    child.kill("SIGINT");
    expect(await ended).toBe(0);
  });
});

describe("db", () => {
  it("says what is in it", async () => {
    const { stdout, code } = await run("db", "stats");
    expect(code).toBe(0);
    expect(stdout).toMatch(/model {4}starter fp32.*\nrows {5}4, of which 0 are frames/);
    expect(JSON.parse((await run("db", "stats", "--json")).stdout)).toMatchObject({
      rows: 4,
      kind: "lancedb",
    });
    const missing = await run("db", "stats", "--db", "none");
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("(search.missing)") });
  });

  it("finds what is missing and what has changed", async () => {
    cpSync(at("photos"), at("moving"), { recursive: true });
    await run("index", "moving", "--db", "moving.db");
    expect(await run("db", "verify", "--db", "moving.db")).toMatchObject({ code: 0, stdout: "" });
    rmSync(at("moving", "cat.jpg"));
    const bytes = readFileSync(at("moving", "rocket.jpg"));
    bytes[bytes.length - 100]! ^= 1;
    writeFileSync(at("moving", "rocket.jpg"), bytes);
    const { code, stdout } = await run("db", "verify", "--db", "moving.db", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 4, missing: 1, changed: 1, unreadable: 0, damaged: 0 });
    expect((await run("db", "verify", "--db", "moving.db")).stdout).toMatch(/^changed\t.*rocket\.jpg\t/m);
  });

  it.each(["all.jsonl", "all.parquet"])("%s brings it into another database", async (file) => {
    const db = `${file}.db`;
    expect(await run("db", "export", file)).toMatchObject({ code: 0, stderr: `4 rows in ${file}\n` });
    expect((await run("db", "import", file, "--db", db)).code).toBe(0);
    expect(await run("index", "photos", "--db", db)).toMatchObject({
      stderr: expect.stringContaining("4 unchanged"),
    });
    expect((await run("db", "optimise", "--db", db, "--json")).code).toBe(0);
  });

  it("of damaged files, and of a folder that is none, is one sentence", async () => {
    cpSync(at("home", "db"), at("cut.db"), { recursive: true });
    for (const entry of readdirSync(at("cut.db"), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && entry.name.endsWith(".lance"))
        writeFileSync(join(entry.parentPath, entry.name), "x");
    }
    const text = readFileSync(at("home", "db", "zeroclip-store.json"), "utf8");
    mkdirSync(at("half.db"));
    writeFileSync(at("half.db", "zeroclip-store.json"), text.slice(0, 40));
    for (const db of ["cut.db", "half.db"]) {
      for (const args of [
        ["index", "photos"],
        ["db", "verify"],
        ["db", "export", "x.jsonl"],
      ]) {
        const { code, stderr } = await run(...args, "--db", db);
        expect(code).toBe(1);
        expect(stderr).toContain("(search.corrupt)");
        expect(stderr).not.toMatch(STACK);
      }
    }
    const pictures = await run("index", "photos", "--db", "photos");
    expect(pictures).toMatchObject({ code: 2, stderr: expect.stringContaining("(search.address)") });
  });
});

/** A file system of so many bytes, or undefined where this user may not make one. */
function tmpfs(name: string, options: string): string | undefined {
  mkdirSync(at(name));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", at(name)], { stdio: "ignore" });
    return at(name);
  } catch {
    return undefined;
  }
}

describe("a disk", () => {
  it("that is full, or may only be read, is said, and what was there stays", async ({ skip }) => {
    const disk = tmpfs("disk", "size=1m");
    if (disk === undefined) return skip("this user may not mount a file system");
    try {
      const db = join(disk, "db");
      mkdirSync(at("many"));
      copyFileSync(join(PICTURES, "cat.jpg"), at("many", "cat.jpg"));
      expect((await run("index", "many", "--db", db)).code).toBe(0);
      try {
        writeFileSync(join(disk, "filler"), Buffer.alloc(1 << 20));
      } catch {
        // As full as it gets.
      }
      copyFileSync(join(PICTURES, "coffee.jpg"), at("many", "coffee.jpg"));
      const full = await run("index", "many", "--db", db);
      expect(full).toMatchObject({ code: 1, stderr: expect.stringMatching(/\(search\.disk\)/) });
      rmSync(join(disk, "filler"));
      const again = await run("index", "many", "--db", db);
      expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining("1 unchanged, 1 added") });
      execFileSync("mount", ["-o", "remount,ro", disk]);
      expect((await run("db", "stats", "--db", db)).stdout).toContain("rows     2");
      copyFileSync(join(PICTURES, "rocket.jpg"), at("many", "rocket.jpg"));
      const closed = await run("index", "many", "--db", db);
      expect(closed).toMatchObject({ code: 1, stderr: expect.stringMatching(/[Rr]ead-only/) });
      expect(closed.stderr).not.toMatch(STACK);
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
  });
});
