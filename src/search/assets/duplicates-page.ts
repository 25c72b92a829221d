import type { Copy, DuplicateGroup } from "./duplicates.js";
import { addressFrom, escaped, POLICY } from "./page.js";

const STYLE = `
:root { --ink: #1d2733; --soft: #5b6878; --paper: #fff; --line: #d9dfe7; --keep: #0a7d3e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf3; --soft: #9aa7b6; --paper: #12171d; --line: #2e3844; --keep: #5fd08f; } }
body { margin: 1.5rem auto; max-width: 80rem; padding: 0 1rem; color: var(--ink); background: var(--paper); font: 14px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.3rem; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
p, figcaption { color: var(--soft); }
.group { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 1rem; border-top: 1px solid var(--line); padding-top: .8rem; }
figure { margin: 0; }
img { width: 100%; height: 11rem; object-fit: contain; background: color-mix(in srgb, var(--line) 40%, transparent); border: 3px solid transparent; border-radius: 6px; }
.keep img { border-color: var(--keep); }
figcaption { font-size: 12px; overflow-wrap: anywhere; }
figcaption b { color: var(--ink); }
.keep b { color: var(--keep); }
`;

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

function figure(copy: Copy, page: string, keep: boolean): string {
  const { path, width, height, bytes, sharpness, exact, similarity } = copy;
  const why = keep ? "keep" : exact ? "same bytes" : `cosine ${similarity.toFixed(3)}`;
  return `<figure class="${keep ? "keep" : "other"}"><img loading="lazy" alt="" src="${escaped(addressFrom(page, path))}">
<figcaption><b>${why}</b> · ${width} × ${height} · ${kilobytes(bytes)} · sharpness ${sharpness.toFixed(0)}<br>${escaped(path)}</figcaption></figure>`;
}

/** Groups → one HTML page for review, with the copy that is proposed to be kept first; `file`: where the page will lie. */
export function duplicatesPage(groups: readonly DuplicateGroup[], file: string): string {
  const others = groups.reduce((sum, group) => sum + group.others.length, 0);
  const freed = groups.reduce(
    (sum, group) => sum + group.others.reduce((total, { bytes }) => total + bytes, 0),
    0,
  );
  const shown = groups.map(
    ({ kind, best, others: rest }, i) =>
      `<h2>${i + 1} · ${kind === "exact" ? "same bytes" : "look alike"}</h2>
<div class="group">${[figure(best, file, true), ...rest.map((copy) => figure(copy, file, false))].join("\n")}</div>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>Duplicates · zeroclip</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${groups.length} groups of duplicates</h1>
<p>${others} files (${kilobytes(freed)}) beside those that are proposed to be kept. Nothing has been moved.</p>
${shown.join("\n")}
</body>
</html>
`;
}
