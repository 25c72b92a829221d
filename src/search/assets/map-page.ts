import { VIDEO_ENDINGS } from "../../image/sources.js";
import type { Clustering } from "./clusters.js";
import type { Layout } from "./layout.js";
import { addressFrom, asset, inScript, POLICY } from "./page.js";

/** Words of the page, English and Chinese. */
const WORDS = {
  title: ["Map of pictures", "图片地图"],
  map: ["Map of pictures: arrow keys move, + and − zoom", "图片地图：方向键移动，+ 和 − 缩放"],
  pictures: ["pictures", "张图片"],
  clusters: ["clusters", "个聚类"],
  groups: ["Clusters", "聚类"],
  lasso: ["Lasso", "套索"],
  reset: ["Reset", "复位"],
  copy: ["Copy paths", "复制路径"],
  chosen: ["Selected", "已选"],
  hint: ["Drag to move, wheel to zoom, Shift and drag to select", "拖动移动，滚轮缩放，按住 Shift 拖动选择"],
} as const;

/** A map as data: what `--map` writes and the page draws. */
export interface MapData {
  readonly clusters: readonly {
    readonly name: string;
    readonly size: number;
    /** Where its name stands: the middle (median) of its points, 0..1. */
    readonly x: number;
    readonly y: number;
  }[];
  readonly points: readonly {
    readonly path: string;
    /** 0..1; y grows downwards. */
    readonly x: number;
    readonly y: number;
    readonly cluster: number;
  }[];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0.5;
}

/** Clusters and where their rows lie → a map. */
export function mapData({ clusters, paths, assigned }: Clustering, { x, y }: Layout): MapData {
  const members = clusters.map((): number[] => []);
  for (const [i, c] of assigned.entries()) members[c]!.push(i);
  return {
    clusters: clusters.map(({ name, size }, c) => ({
      name,
      size,
      x: median(members[c]!.map((i) => x[i]!)),
      y: median(members[c]!.map((i) => y[i]!)),
    })),
    points: paths.map((path, i) => ({ path, x: x[i]!, y: y[i]!, cluster: assigned[i]! })),
  };
}

/** Files of the page's script, each after those that it imports. */
const SCRIPTS = ["points", "plot", "map"] as const;

/** Modules that import only each other → one module: they lie in one scope. */
function joined(modules: readonly string[]): string {
  return modules.map((text) => text.replaceAll(/^import .* from "\.\/.*";\n/gm, "")).join("\n");
}

const VIDEO = new RegExp(`\\.(?:${VIDEO_ENDINGS.join("|")})$`, "i");

const base64 = (values: Uint16Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");

/**
 * A map → one HTML page that loads nothing but the pictures, by their paths relative to `file`, where the page will lie.
 * `thumbnails`: by position, addresses that are shown instead. Raises `search.page`.
 */
export async function mapPage(
  { clusters, points }: MapData,
  file: string,
  thumbnails: Readonly<Record<number, string>> = {},
): Promise<string> {
  const [style, ...scripts] = await Promise.all([
    asset("./browser/map.css"),
    ...SCRIPTS.map((name) => asset(`./browser/${name}.js`)),
  ]);
  const shorts = (key: "x" | "y"): string =>
    base64(Uint16Array.from(points, (point) => Math.round(65535 * Math.min(1, Math.max(0, point[key])))));
  const data = {
    clusters,
    x: shorts("x"),
    y: shorts("y"),
    cluster: base64(Uint16Array.from(points, ({ cluster }) => cluster)),
    names: points.map(({ path }) => path),
    addresses: points.map(({ path }) => (VIDEO.test(path) ? null : addressFrom(file, path))),
    thumbs: thumbnails,
  };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${WORDS.title[0]} · zeroclip</title>
<style>
${style}</style>
</head>
<body>
<header><h1>zeroclip</h1><span id="count"></span><button id="lasso" type="button"></button><button id="reset" type="button"></button></header>
<div id="map"><canvas id="points" tabindex="0" role="application"></canvas><canvas id="over"></canvas><p id="hint"></p><div id="card" hidden><img alt=""><p></p><p></p></div></div>
<aside><div id="selection" hidden><h2 id="chosen-title"></h2><button id="copy" type="button"></button><div id="chosen"></div></div><h2 id="groups"></h2><ul id="legend"></ul></aside>
<script type="application/json" id="words">${inScript(WORDS)}</script>
<script type="application/json" id="data">${inScript(data)}</script>
<script type="module">
${joined(scripts)}</script>
</body>
</html>
`;
}
