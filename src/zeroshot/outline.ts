import type { SetLabel } from "./label.js";

function slug(words: string): string {
  return words
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

/** `# department`, `## category`, then `thing | 译名; …`: an outline of ours → labels whose ids are the way to them (`clothing/tops/t-shirt`). */
export function fromOutline(outline: string): SetLabel[] {
  const labels: SetLabel[] = [];
  const way: string[] = [];
  const add = (entry: string, level: number): void => {
    const [name, zh] = entry.split("|").map((part) => part.trim()) as [string, string];
    const parent = way.slice(0, level - 1).join("/");
    const id = parent === "" ? slug(name) : `${parent}/${slug(name)}`;
    way[level - 1] = slug(name);
    labels.push({ id, name, translations: { zh }, ...(parent === "" ? {} : { parent }) });
  };
  for (const line of outline.trim().split("\n")) {
    const level = /^#*/.exec(line)![0].length;
    if (level > 0) add(line.slice(level), level);
    else for (const entry of line.split(";")) add(entry, 3);
  }
  return labels;
}
