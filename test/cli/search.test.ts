import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inlinePicture, protocolOf } from "../../src/cli/search/inline.js";
import { orThrow } from "../../src/errors.js";
import { loadClip } from "../../src/index.js";
import { openStore } from "../../src/search/store/open.js";
import { rowOf } from "../search/find/rows.js";
import { PICTURES, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
const env = { ZEROCLIP_OFFLINE: "1" };
const search = (...args: string[]) => place.run(["search", "--db", "p.db", ...args], { env });
const NAMES = ["astronaut", "cat", "coffee", "rocket"];

beforeAll(async () => {
  const folder = join(place.folder, "照片");
  mkdirSync(folder);
  const paths = NAMES.map((name) => join(folder, `${name}.jpg`));
  for (const [i, path] of paths.entries()) copyFileSync(join(PICTURES, `${NAMES[i]}.jpg`), path);
  await using clip = await loadClip("starter", { home: join(place.folder, "home"), offline: true });
  await using store = await openStore(join(place.folder, "p.db"), {
    ...{ model: clip.model, create: true, version: "0.0.0" },
  });
  const vectors = orThrow(await clip.encodeImages(paths));
  await store.put(
    paths.map((path, i) => rowOf(path.replaceAll("\\", "/"), vectors[i]!, { labels: [NAMES[i]!] })),
  );
});

it("a folder that is not there makes no database", async () => {
  const { code, stderr } = await place.run(["index", "nowhere", "--db", "new.db"], { env });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: "error: Expected a folder at nowhere but nothing is there. (input.none)\n",
  });
  expect(existsSync(join(place.folder, "new.db"))).toBe(false);
});

it.each([[], ["--watch"]])("index refuses an empty path %j", async (...more) => {
  const { code, stderr } = await place.run(["index", "", ...more, "--db", "new.db"], { env });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: "error: Expected a folder but received an empty path. (input.none)\n",
  });
  expect(existsSync(join(place.folder, "new.db"))).toBe(false);
});

it("without --db the database is the one that index makes under the home, which is named where it is not there", async () => {
  const { code, stderr } = await place.run(["search", "--text", "a cat"], { env });
  const db = join(place.folder, "home", "db");
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `error: Expected a store at ${db} but there is none. (search.missing)\n`,
  });
  const other = await place.run(["search", "--text", "a cat", "--home", "elsewhere"], { env });
  expect(other.stderr).toContain(`Expected a store at ${join("elsewhere", "db")} but`);
});

describe("zeroclip search", () => {
  it("says what is not there: a picture that passes the filters", async () => {
    const { code, stdout, stderr } = await search("--text", "a cat", "--since", "2999-01-01");
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: "",
      stderr: "No picture passes the filters.\n",
    });
  });

  it("finds by words, a line a hit in a pipe", async () => {
    const { code, stdout } = await search("--text", "a cat", "--all");
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^照片\/cat\.jpg\t[01]\.\d{3}\t0\.\d{6}$/);
  });

  it("finds by picture, crop, row, signs and filters, as JSON", async () => {
    const hits = async (...args: string[]): Promise<string[]> => {
      const { code, stdout, stderr } = await search(...args, "--all", "--json");
      expect({ code, stderr }).toMatchObject({ code: 0 });
      const { model, hits: found } = JSON.parse(stdout) as { model: string; hits: { path: string }[] };
      expect(model).toBe("starter");
      return found.map(({ path }) => path.replace(/^.*\/|\.jpg$/g, ""));
    };
    const rocket = join(PICTURES, "rocket.jpg");
    expect((await hits("--image", rocket, "--crop", "0.2,0.2,0.6,0.6"))[0]).toBe("rocket");
    expect((await hits("--image", rocket, "--query", '-"a cat"'))[0]).toBe("rocket");
    expect(await hits("--like", "照片/rocket.jpg")).not.toContain("rocket");
    expect((await hits("--query", `"a cup of coffee" -"a cat"`))[0]).toBe("coffee");
    expect(
      await hits(
        "--text",
        "a cat",
        "--label",
        "coffee",
        "--folder",
        "照片",
        "--until",
        "2024",
        "--diverse",
        "0.5",
      ),
    ).toEqual(["coffee"]);
  });

  it("goes on with the next page", async () => {
    const first = await search("--text", "a cat", "--all", "--top", "3");
    const cursor = /--page ([\w-]+)/.exec(first.stderr)![1]!;
    const second = await search("--text", "a cat", "--all", "--top", "3", "--page", cursor);
    const paths = (first.stdout + second.stdout)
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t")[0]);
    expect(new Set(paths).size).toBe(4);
    expect(second.stderr).toBe("");
  });

  it("says that nothing fits", async () => {
    const { code, stdout, stderr } = await search("--text", "a cat", "--min-relevance", "0.99");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toMatch(
      /^No good match; nearest is 照片\/\w+\.jpg, relevance 0\.\d{3}\. --all shows it\.$/m,
    );
  });

  it("writes a page that loads nothing", async () => {
    const { code } = await search("--text", "<b>cat</b>", "--all", "--html", "out/cat.html");
    expect(code).toBe(0);
    const page = readFileSync(join(place.folder, "out", "cat.html"), "utf8");
    expect(page.match(/src="data:image\/jpeg;base64,/g)).toHaveLength(4);
    expect(page).toContain("<h1>&lt;b&gt;cat&lt;/b&gt;</h1>");
    expect(page).not.toMatch(/https?:\/\//);
  });

  it.each<[string[], RegExp]>([
    [[], /Expected --text, --image, --query or --like but received none of them\. .*usage\.search/],
    [["--query", '"sea'], /Expected " at the end of a phrase .*search\.query/],
    [["--text", "\u200b"], /Expected texts with words in them but .*search\.query/],
    [["--query", "\u200b"], /Expected texts with words in them but .*search\.query/],
    [["--image", "a.jpg", "--crop", "0,0,2,1"], /Expected a crop x,y,w,h/],
    [["--text", "a", "--all", "--min-relevance", "0.5"], /Expected either --all or --min-relevance/],
    [["--like", "none.jpg"], /Expected the id or path of a picture in p\.db but ".*none\.jpg" is not there/],
    [["--text", "a", "--db", "none.db"], /none\.db.*search\.missing/],
  ])("refuses %j with one sentence, exit code 2", async (args, sentence) => {
    const { code, stdout, stderr } = await search(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("pictures in terminals", () => {
  it.each([
    [{ TERM_PROGRAM: "iTerm.app" }, "iterm"],
    [{ TERM_PROGRAM: "WezTerm" }, "iterm"],
    [{ LC_TERMINAL: "iTerm2" }, "iterm"],
    [{ TERM: "xterm-kitty" }, "kitty"],
    [{ TERM_PROGRAM: "ghostty" }, "kitty"],
    [{ KITTY_WINDOW_ID: "1", TMUX: "/tmp/t" }, undefined],
    [{ TERM: "xterm-256color" }, undefined],
    [{ TERM_PROGRAM: "vscode" }, undefined],
  ])("%j: %s", (environment, protocol) => expect(protocolOf(environment)).toBe(protocol));

  it("are sent whole, kitty's in parts of at most 4,096 signs", () => {
    const png = new Uint8Array(5000).map((_, i) => i);
    const data = Buffer.from(png).toString("base64");
    expect(inlinePicture(png, "iterm", 7)).toBe(
      `\x1b]1337;File=inline=1;size=5000;height=7;preserveAspectRatio=1:${data}\x07`,
    );
    const parts = inlinePicture(png, "kitty", 7).split("\x1b\\").slice(0, -1);
    expect(parts.map((part) => part.slice(0, part.indexOf(";")))).toEqual([
      "\x1b_Ga=T,f=100,r=7,q=2,m=1",
      "\x1b_Gm=0",
    ]);
    expect(parts.map((part) => part.slice(part.indexOf(";") + 1)).join("")).toBe(data);
  });
});
