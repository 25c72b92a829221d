import type { ClassifyOptions } from "../api";

/** A question of Try as a page asks it of a model in its browser. */
export function localCode(asked: ClassifyOptions, model: string): string {
  const { labels = [], domain, templates, views, abstain, coverage } = asked;
  const options = { domain, templates, views, abstain, coverage };
  const written = JSON.stringify(options, undefined, 2);
  const more = written === "{}" ? "" : `, ${written}`;
  const picture = 'document.querySelector("img")';
  // Only `answerAll` says "none of these" and which labels make up a set.
  const isPlain = abstain === undefined && coverage === undefined;
  const asking = isPlain
    ? `const predictions = await clip.classify(${picture}, labels${more});
for (const { label, probability } of predictions) console.log(label, probability);`
    : `const [answer] = await clip.answerAll([${picture}], labels${more});
console.log(answer);`;
  return `import { loadClip } from "zeroclip/browser";

const clip = await loadClip(${JSON.stringify(model)});
const labels = [${labels.map((label) => JSON.stringify(label)).join(", ")}];
${asking}`;
}
