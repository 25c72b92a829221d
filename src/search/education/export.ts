import { addressFrom, escaped, POLICY } from "../assets/page.js";
import type { Suggestion } from "./suggest.js";

/** What an export says beside the pictures. */
export interface ExportInput {
  readonly title: string;
  readonly suggestions: readonly Suggestion[];
  /** Where the file will lie: pictures are told by their paths from there. */
  readonly file: string;
}

const date = (ms: number | null): string => (ms === null ? "" : new Date(ms).toISOString().slice(0, 10));

/** Why a picture was chosen, in words. */
export function reasonOf({ words, relevance, similarity }: NonNullable<Suggestion["picture"]>): string {
  const sure =
    relevance === null ? `similarity ${similarity.toFixed(2)}` : `relevance ${Math.round(100 * relevance)} %`;
  return words.length === 0 ? sure : `${words.map(({ word }) => word).join(", ")} · ${sure}`;
}

/** Where a picture comes from. */
function sourceOf({ row }: NonNullable<Suggestion["picture"]>): string {
  const facts = [date(row.taken), row.camera ?? "", row.caption ?? ""].filter(Boolean);
  return [row.path, ...facts].join(" · ");
}

/** Signs that Markdown reads as its own. */
function literal(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>#|]/g, "\\$&").replaceAll(/\s+/g, " ");
}

/** Passages under their headings, each with what `show` makes of it. */
function* outlined<T>(
  suggestions: readonly Suggestion[],
  heading: (text: string, level: number) => T,
  show: (one: Suggestion) => T,
): Generator<T> {
  let before: readonly string[] = [];
  for (const one of suggestions) {
    const { headings } = one.passage;
    const same = headings.findIndex((text, i) => text !== before[i]);
    for (let i = same < 0 ? headings.length : same; i < headings.length; i++) {
      if (headings[i]) yield heading(headings[i]!, i + 2);
    }
    before = headings;
    yield show(one);
  }
}

/** Markdown: the lesson with its pictures, then where they come from. */
export function toMarkdown({ title, suggestions, file }: ExportInput): string {
  const body = outlined(
    suggestions,
    (text, level) => `${"#".repeat(Math.min(6, level))} ${literal(text)}`,
    ({ passage, picture }) => {
      const text = literal(passage.text);
      if (picture === undefined) return text;
      const words = picture.words.map(({ word }) => word).join(", ") || "picture";
      return `${text}\n\n![${literal(words)}](<${addressFrom(file, picture.row.path)}>)\n\n*${literal(reasonOf(picture))}*`;
    },
  );
  const sources = suggestions.flatMap(({ picture }) => (picture ? [`- ${literal(sourceOf(picture))}`] : []));
  const end = sources.length > 0 ? `\n\n## Sources\n\n${sources.join("\n")}` : "";
  return `# ${literal(title)}\n\n${[...body].join("\n\n")}${end}\n`;
}

const STYLE = `
:root { --ink: #1d2733; --soft: #5b6878; --paper: #fff; --line: #d9dfe7; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf3; --soft: #9aa7b6; --paper: #12171d; --line: #2e3844; } }
body { margin: 2rem auto; max-width: 48rem; padding: 0 1rem; color: var(--ink); background: var(--paper); font: 17px/1.6 system-ui, sans-serif; }
section { display: grid; grid-template-columns: 1fr 16rem; gap: 1.5rem; align-items: start; border-top: 1px solid var(--line); padding: 1rem 0; }
section p { margin: 0; }
figure { margin: 0; }
img { width: 100%; border-radius: 8px; }
figcaption, ol { color: var(--soft); font-size: .8rem; overflow-wrap: anywhere; }
@media (max-width: 640px) { section { grid-template-columns: 1fr; } }
`;

/** The same as one HTML page. */
export function toHtml({ title, suggestions, file }: ExportInput): string {
  const body = outlined(
    suggestions,
    (text, level) => `<h${Math.min(6, level)}>${escaped(text)}</h${Math.min(6, level)}>`,
    ({ passage, picture }) => {
      const text = `<p>${escaped(passage.text)}</p>`;
      if (picture === undefined) return `<section>${text}</section>`;
      const words = escaped(picture.words.map(({ word }) => word).join(", "));
      return `<section>${text}<figure><img loading="lazy" alt="${words}" src="${escaped(addressFrom(file, picture.row.path))}"><figcaption>${escaped(reasonOf(picture))}</figcaption></figure></section>`;
    },
  );
  const sources = suggestions.flatMap(({ picture }) =>
    picture ? [`<li>${escaped(sourceOf(picture))}</li>`] : [],
  );
  return `<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${[...body].join("\n")}
${sources.length > 0 ? `<h2>Sources</h2>\n<ol>${sources.join("")}</ol>` : ""}
</body>
</html>
`;
}
