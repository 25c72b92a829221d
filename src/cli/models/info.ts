import { openModel } from "../../models/open.js";
import { locateModel } from "../../models/store.js";
import { showsProgress } from "../options.js";
import { EXIT, print } from "../output.js";
import { loadProgress } from "../progress.js";
import { compiledFolder, type ModelsOptions, settings } from "./settings.js";

/** Everything known of one model that lies on this machine; a checkpoint is compiled for it. */
export async function info(signal: AbortSignal, name: string, options: ModelsOptions): Promise<number> {
  const where = settings(options);
  const bar = loadProgress(showsProgress(options));
  try {
    const located = await locateModel(name, { ...where, signal, pull: false });
    const { folder, manifest } = await openModel(located.path, {
      cacheFolder: compiledFolder(where.home),
      name: located.name,
      signal,
      onProgress: (stage, done, total) => bar.report({ stage, done, total }),
    });
    bar.stop();
    const facts = { ...manifest, source: located.path, folder };
    print(options.json ? JSON.stringify(facts, null, 2) : describe(facts));
    return EXIT.done;
  } finally {
    bar.stop();
  }
}

type Facts = Awaited<ReturnType<typeof openModel>>["manifest"] & {
  readonly source: string;
  readonly folder: string;
};

function describe(facts: Facts): string {
  const { image, text, parameters } = facts;
  const { size, resizeTo, filter, style } = image.preprocessing;
  const tokenizer =
    text.tokenizer.kind === "clip-bpe"
      ? `OpenAI's, ${text.tokenizer.contextLength} tokens`
      : `${text.tokenizer.file}, ${text.tokenizer.maxLength} tokens`;
  const total = parameters.image + parameters.text;
  const rows: [string, string][] = [
    ["model", facts.name],
    ["revision", facts.revision],
    ["source", facts.source],
    ["compiled in", facts.folder],
    ["precision", facts.precision],
    [
      "parameters",
      `${total.toLocaleString("en")} (image ${parameters.image.toLocaleString("en")}, text ${parameters.text.toLocaleString("en")})`,
    ],
    ["vector", `${facts.dim} numbers`],
    ["logit scale", String(Number(facts.logitScale.toFixed(4)))],
    [
      "picture",
      `${size} × ${size}, ${resizeTo === "squash" ? "squashed" : `shorter side to ${resizeTo}`}, ${filter}, rules of ${style}`,
    ],
    ["tokenizer", tokenizer],
    ["templates", facts.templates.join("  ")],
    ...(facts.knownScripts
      ? [["knows", `texts in ${facts.knownScripts.join(", ")}`] as [string, string]]
      : []),
  ];
  return rows.map(([key, value]) => `${key.padEnd(12)} ${value}`).join("\n");
}
