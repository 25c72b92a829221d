import { readFileSync } from "node:fs";
import { globSync } from "tinyglobby";
import { describe, expect, it } from "vitest";
import { blocksOf, commands } from "./docs/blocks.js";

const read = (path: string): string => readFileSync(path, "utf8");
const CODE =
  /"((?:checkpoint|model|download|runtime|image|text|input|labels|evaluate|quantize|calibrate|advise|live|points)\.[a-z-]+)"/g;

describe("docs", () => {
  it("name every error code that the source can raise", () => {
    const listed = new Set<string>();
    for (const [, cell] of read("docs/errors.md").matchAll(/^\| (`.*?`) \|/gm)) {
      let room = "";
      for (const [, code] of cell!.matchAll(/`([a-z.*-]+)`/g)) {
        room = code!.startsWith(".") ? room : code!.split(".")[0]!;
        listed.add(code!.startsWith(".") ? room + code! : code!);
      }
    }
    const warnings = new Set([
      "text.truncated",
      "text.unknown-script",
      "text.unknown-language",
      "text.unknown-word",
      "labels.alias",
      "labels.case",
      "labels.none",
      "labels.prompt",
      "labels.translation",
      "labels.same",
      "model.rebuilt",
      "runtime.fp32",
      "runtime.threads",
      "download.retry",
      "evaluate.empty-class",
      "evaluate.twice",
      "evaluate.wordnet",
      "quantize.picture",
      "quantize.little",
      "calibrate.damaged",
      "calibrate.prompts",
      "calibrate.views",
      "calibrate.unmeasured",
      "calibrate.no-gain",
      "points.dropped",
      "points.thinned",
      "points.faces",
    ]);
    // Names of files that look like codes.
    const files = new Set(["model.pt", "model.safetensors", "image.onnx", "text.onnx"]);
    const raised = globSync("src/**/*.ts").flatMap((path) =>
      [...read(path).matchAll(CODE)].map(([, code]) => code!),
    );
    const missing = raised.filter((code) => !listed.has(code) && !warnings.has(code) && !files.has(code));
    expect([...new Set(missing)].sort()).toEqual([]);
  });

  it.each(globSync(["*.md", "docs/**/*.md", "starter/*.md", "tools/**/*.md", "!node_modules"]))(
    "every local link in %s leads to a file",
    (path) => {
      const base = path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : "";
      const links = [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link]) => link!);
      const broken = links.filter(
        (link) =>
          globSync(new URL(link, `file:///${base}`).pathname.slice(1).replace(/\/$/, "/*"), { dot: true })
            .length === 0,
      );
      expect(broken).toEqual([]);
    },
  );

  it("every JSON block is JSON", () => {
    const blocks = globSync(["*.md", "docs/*.md"]).flatMap(blocksOf);
    const json = blocks.filter(({ language }) => language === "json");
    expect(json.length).toBeGreaterThan(0);
    for (const { code } of json) JSON.parse(code);
  });

  it.each(globSync(["README.zh-CN.md", "docs/*.zh-CN.md"]))(
    "%s has the blocks of the English page, comments apart",
    (chinese) => {
      const blocks = (page: string): string[] =>
        blocksOf(page)
          .filter(({ language }) => ["sh", "js", "ts"].includes(language))
          .map((block) => `${block.mark ?? "runs"} ${block.language}\n${commands(block)}`);
      expect(blocks(chinese)).toEqual(blocks(chinese.replace(".zh-CN", "")));
    },
  );
});
