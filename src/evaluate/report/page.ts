import { readFile } from "node:fs/promises";
import { ClipError } from "../../errors.js";
import { writeFileAtomic } from "../../models/atomic.js";
import { type ReportInput, reportData } from "./data.js";
import { WORDS } from "./words.js";

/** Beside the built module; from the sources Chart.js is where npm put it. */
const CHART = ["./vendor/chart.umd.min.js", "../../../node_modules/chart.js/dist/chart.umd.min.js"];

async function asset(...names: readonly string[]): Promise<string> {
  for (const name of names) {
    const text = await readFile(new URL(name, import.meta.url), "utf8").catch(() => undefined);
    if (text !== undefined) return text;
  }
  throw new ClipError(
    "evaluate.report",
    `Expected ${names[0]} in zeroclip's package but it is not there; the package may be damaged.`,
  );
}

/** A value inside a script element: nothing in it can end the element, or begin a comment. */
function inScript(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

/** Our own scripts and Chart.js, which hold no such end. */
function checkedScript(text: string): string {
  return text.replaceAll(/<\/(script)/gi, "<\\/$1").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
}

/** The page's modules, each after those that it takes from. */
export const MODULES = [
  "state",
  "words",
  "elements",
  "charts",
  "tables",
  "closer",
  "retrieval",
  "boot",
] as const;

/** The page's modules as one script: in one scope their imports and exports say nothing more. */
export function linked(modules: readonly string[]): string {
  const texts = modules.map((text) =>
    text.replaceAll(/^import \{[^}]*\} from "\.\/\w+\.js";\n/gm, "").replaceAll(/^export (?=\w)/gm, ""),
  );
  return `(() => {\n"use strict";\n${texts.join("\n")}})();\n`;
}

/** What a page is made of. */
export interface ChartPage {
  readonly title: string;
  /** Said where no script runs. */
  readonly noScript: string;
  /** What the script finds as JSON in elements of these ids. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The page's own script, which may use Chart.js. */
  readonly script: string;
}

/** One HTML page with Chart.js that loads nothing. Raises `evaluate.report` where the package is damaged. */
export async function chartPage({ title, noScript, data, script }: ChartPage): Promise<string> {
  const [style, chart] = await Promise.all([asset("./browser.css"), asset(...CHART)]);
  const scripts = Object.entries(data).map(
    ([id, value]) => `<script type="application/json" id="${id}">${inScript(value)}</script>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>${title} · zeroclip</title>
<style>
${style}</style>
</head>
<body>
<noscript>${noScript}</noscript>
<div id="page"></div>
${scripts.join("\n")}
<script>/*! Chart.js, MIT License, Copyright (c) 2014-2024 Chart.js Contributors, https://www.chartjs.org */
${checkedScript(chart)}</script>
<script>
${checkedScript(script)}</script>
</body>
</html>
`;
}

/** Measured cells → one HTML page that loads nothing. Raises `evaluate.report`, `aborted`. */
export async function reportPage(input: ReportInput): Promise<string> {
  const data = await reportData(input);
  const modules = await Promise.all(MODULES.map((name) => asset(`./browser/${name}.js`)));
  return chartPage({
    title: WORDS.title[0],
    noScript: `${WORDS.noScript[0]} ${WORDS.noScript[1]}`,
    data: { words: WORDS, data },
    script: linked(modules),
  });
}

/** A page as a file, whole or not at all. Raises `evaluate.report`. */
export async function writePage(path: string, page: string): Promise<void> {
  await writeFileAtomic(path, page).catch((error: NodeJS.ErrnoException) => {
    throw new ClipError(
      "evaluate.report",
      `Expected to write the report to ${path} but it can't be written (${error.code}).`,
      { cause: error },
    );
  });
}

/** The page as a file, whole or not at all. Raises `evaluate.report`, `aborted`. */
export async function writeReport(path: string, input: ReportInput): Promise<void> {
  await writePage(path, await reportPage(input));
}
