/** One picture on a contact sheet. */
export interface SheetItem {
  /** JPEG; undefined: it can't be shown. */
  readonly picture: Uint8Array | undefined;
  readonly path: string;
  readonly relevance: number | null;
  readonly similarity: number;
  readonly width: number;
  readonly height: number;
  readonly copies: readonly string[];
}

export interface SheetInput {
  /** What was looked for, in words. */
  readonly query: string;
  /** Where. */
  readonly store: string;
  readonly model: string;
  readonly items: readonly SheetItem[];
  readonly noGoodMatch: boolean;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML shows it; signs that turn the direction of what follows are made visible. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign]!).replaceAll(/[\p{Cc}\p{Bidi_C}]/gu, "\ufffd");
}

const STYLE = `
:root { color-scheme: light dark; --page: #fafaf9; --card: #fff; --ink: #1c1917; --soft: #57534e; --line: #e7e5e4; --bar: #0f766e; }
@media (prefers-color-scheme: dark) {
  :root { --page: #161514; --card: #211f1e; --ink: #f5f5f4; --soft: #b3aca7; --line: #3a3634; --bar: #2dd4bf; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 24px clamp(12px, 3vw, 40px); background: var(--page); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1 { margin: 0 0 4px; font-size: 1.35rem; overflow-wrap: anywhere; }
header p { margin: 0 0 20px; color: var(--soft); overflow-wrap: anywhere; }
ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(220px, 100%), 1fr)); }
li { background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; display: flex; flex-direction: column; }
img, .none { width: 100%; aspect-ratio: 4 / 3; object-fit: contain; background: color-mix(in srgb, var(--ink) 6%, transparent); display: block; }
.none { display: grid; place-items: center; color: var(--soft); }
.about { padding: 10px 12px 12px; }
.name { font-weight: 600; overflow-wrap: anywhere; }
.path, .facts, .copies { color: var(--soft); font-size: 0.85rem; overflow-wrap: anywhere; }
.facts span { white-space: nowrap; margin-right: 8px; }
.gauge { height: 4px; border-radius: 2px; background: var(--line); margin: 8px 0 6px; }
.gauge span { display: block; height: 100%; border-radius: 2px; background: var(--bar); }
@media (max-width: 480px) { body { padding-block: 16px; } ol { gap: 12px; grid-template-columns: 1fr 1fr; } .path { display: none; } }
`;

function card(
  { picture, path, relevance, similarity, width, height, copies }: SheetItem,
  at: number,
): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const image = picture
    ? `<img loading="lazy" alt="${escaped(name)}" src="data:image/jpeg;base64,${Buffer.from(picture).toString("base64")}">`
    : `<div class="none">no preview</div>`;
  const percent = relevance === null ? null : (100 * relevance).toFixed(1);
  const gauge = percent === null ? "" : `<div class="gauge"><span style="width:${percent}%"></span></div>`;
  const facts = [
    ...(percent === null ? [] : [`relevance ${percent} %`]),
    `similarity ${similarity.toFixed(3)}`,
    `${width} × ${height}`,
  ];
  const more = copies.length === 0 ? "" : `<div class="copies">also: ${copies.map(escaped).join(", ")}</div>`;
  return `<li id="hit-${at + 1}">${image}<div class="about"><div class="name"><bdi>${escaped(name)}</bdi></div><div class="path"><bdi>${escaped(path)}</bdi></div>${gauge}<div class="facts">${facts.map((fact) => `<span>${fact}</span>`).join(" ")}</div>${more}</div></li>`;
}

/** Hits as one HTML page that loads nothing. */
export function contactSheet({ query, store, model, items, noGoodMatch }: SheetInput): string {
  const count = noGoodMatch
    ? "No good match"
    : `${items.length} ${items.length === 1 ? "picture" : "pictures"}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(query)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escaped(query)}</h1><p>${count} in ${escaped(store)} · model ${escaped(model)}</p></header>
<main><ol>
${items.map(card).join("\n")}
</ol></main>
</body>
</html>
`;
}
