import { basename } from "node:path";
import type { Command } from "commander";
import { ClipError } from "../../errors.js";
import { writeFileAtomic } from "../../models/atomic.js";
import { readTextFile } from "../../models/text-file.js";
import { reasonOf, toHtml, toMarkdown } from "../../search/education/export.js";
import { MOST_TEXT, passagesOf } from "../../search/education/passages.js";
import { suggestPictures } from "../../search/education/suggest.js";
import { filterOf, openDbAndModel, rowsBar, type StoreOptions, withStore } from "../assets/store.js";
import { counted } from "../numbers.js";
import { action, type ModelOptions, numberFrom, repeated, withModel } from "../options.js";
import { EXIT, harmless, print, say, type ToldWarning, warningsJson } from "../output.js";

interface Options extends ModelOptions, StoreOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
  readonly textFile: string;
  readonly out?: string;
  readonly title?: string;
  readonly minRelevance?: number;
  readonly label?: readonly string[];
  readonly notLabel?: readonly string[];
}

async function suggest(signal: AbortSignal, options: Options, command: Command): Promise<number> {
  const { textFile, out, label, notLabel, minRelevance } = options;
  if (out !== undefined && !/\.(?:md|html?)$/i.test(out)) {
    throw new ClipError(
      "usage.suggest",
      `Expected a file ending with .md or .html after --out but received ${out}.`,
    );
  }
  const lesson = await readTextFile(textFile, {
    code: "search.lesson",
    what: "a lesson",
    most: 4 * MOST_TEXT,
  });
  const passages = passagesOf(lesson);
  const warnings: ToldWarning[] = [];
  await using opened = await openDbAndModel(options, command, signal, warnings);
  const rows = await filterOf(options);
  const labels = { ...(label ? { any: label } : {}), ...(notLabel ? { none: notLabel } : {}) };
  const filter = { ...rows, ...(label || notLabel ? { labels } : {}) };
  const { bar, onProgress } = rowsBar("choosing", options);
  const suggestions = await suggestPictures(opened.store, opened.clip, passages, {
    filter,
    signal,
    onProgress,
    ...(minRelevance === undefined ? {} : { least: minRelevance }),
  }).finally(bar.stop);
  if (out !== undefined) {
    const heading = /^#\s+(.+)$/m.exec(lesson)?.[1]?.trim();
    const title = options.title ?? heading ?? basename(textFile).replace(/\.\w+$/, "");
    // The lesson's own title stands above all; it is no heading of each passage, too.
    const shown = suggestions.map((one) => {
      const [first, ...rest] = one.passage.headings;
      return first === heading ? { ...one, passage: { ...one.passage, headings: rest } } : one;
    });
    const input = { title, suggestions: shown, file: out };
    await writeFileAtomic(out, /\.md$/i.test(out) ? toMarkdown(input) : toHtml(input));
  }
  if (options.json) {
    const results = suggestions.map(({ passage, picture }) => ({
      ...passage,
      picture: picture
        ? {
            path: picture.row.path,
            relevance: picture.relevance,
            similarity: picture.similarity,
            words: picture.words,
          }
        : null,
    }));
    print(JSON.stringify({ results, ...warningsJson(warnings) }, null, 2));
  } else if (out === undefined) {
    for (const { passage, picture } of suggestions) {
      const text = harmless(passage.text).slice(0, 60);
      print(
        [passage.line, text, harmless(picture?.row.path ?? "-"), picture ? reasonOf(picture) : ""].join("\t"),
      );
    }
  }
  if (!options.json && !options.quiet) {
    const found = suggestions.filter(({ picture }) => picture).length;
    say(`${found} of ${counted(suggestions.length, "passage")} ${found === 1 ? "has" : "have"} a picture`);
  }
  return EXIT.done;
}

export function suggestCommand(command: Command): Command {
  withStore(command)
    .description("find pictures for a lesson, one a passage")
    .requiredOption("--text-file <file>", "the lesson: Markdown or plain text")
    .option("--out <file>", "write the lesson with its pictures: .md or .html")
    .option("--title <text>", "its title (default: the first heading, or the file's name)")
    .option("--min-relevance <p>", "least relevance, 0..1 (default: 0.067)", numberFrom(0, 1))
    .option(
      "--label <label>",
      "only pictures with this label, such as easy; may repeat: any of them",
      repeated,
    )
    .option("--not-label <label>", "no picture with this label; may repeat", repeated);
  return withModel(command)
    .addHelpText(
      "after",
      `
Examples:
  zeroclip suggest --db photos.db --text-file lesson.md --out lesson.html
  zeroclip suggest --db photos.db --text-file lesson.md --label easy --json

Each line: the passage's line, its beginning, the picture, the words that it shows
and its relevance. No picture is shown twice, nor one that is like another.`,
    )
    .action(action(suggest));
}
