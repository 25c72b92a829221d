#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { packageVersion } from "../package-version.js";

/** Each command is loaded when it is called, so that help and mistakes answer at once. */
const COMMANDS: Readonly<
  Record<string, readonly [description: string, load: () => Promise<(command: Command) => Command>]>
> = {
  advise: [
    "say which model to take on this machine, and what it costs",
    async () => (await import("./commands/advise.js")).adviseCommand,
  ],
  align: [
    "teach a model's text side another language, from parallel text",
    async () => (await import("./commands/align.js")).alignCommand,
  ],
  browser: [
    "fill a folder of a web site with what zeroclip/browser loads",
    async () => (await import("./commands/browser.js")).browserCommand,
  ],
  bench: [
    "measure speed and memory on this machine",
    async () => (await import("./commands/bench.js")).benchCommand,
  ],
  cache: [
    "show or clear remembered vectors of texts and pictures",
    async () => (await import("./commands/cache.js")).cacheCommand,
  ],
  calibrate: [
    "make probabilities mean what they say, from labelled pictures",
    async () => (await import("./commands/calibrate.js")).calibrateCommand,
  ],
  catalogue: [
    "products of a shop: recognise them in photos, recommend others",
    async () => (await import("./commands/catalogue.js")).catalogueCommand,
  ],
  classify: [
    "say which of your words fit a picture",
    async () => (await import("./commands/classify.js")).classifyCommand,
  ],
  clusters: [
    "group the pictures of a database, name the groups, draw a map",
    async () => (await import("./commands/clusters.js")).clustersCommand,
  ],
  db: ["look after a database of pictures", async () => (await import("./commands/db.js")).dbCommand],
  duplicates: [
    "find copies and pictures that look alike in a database",
    async () => (await import("./commands/duplicates.js")).duplicatesCommand,
  ],
  embed: [
    "turn pictures or texts into vectors of length 1",
    async () => (await import("./commands/embed.js")).embedCommand,
  ],
  ensemble: [
    "fit several models that answer as one",
    async () => (await import("./commands/ensemble.js")).ensembleCommand,
  ],
  eval: [
    "measure models on labelled pictures or captions",
    async () => (await import("./commands/eval.js")).evalCommand,
  ],
  fewshot: [
    "learn labels from a handful of pictures",
    async () => (await import("./commands/fewshot.js")).fewshotCommand,
  ],
  index: [
    "put pictures of folders into a database",
    async () => (await import("./commands/index.js")).indexCommand,
  ],
  keys: [
    "make and take away keys of the server",
    async () => (await import("./commands/keys.js")).keysCommand,
  ],
  labels: ["show and check label sets", async () => (await import("./commands/labels.js")).labelsCommand],
  live: [
    "watch a video or stream for your words",
    async () => (await import("./commands/live.js")).liveCommand,
  ],
  mcp: ["tools for agents (MCP)", async () => (await import("./commands/mcp.js")).mcpCommand],
  models: [
    "list, download, inspect and remove models",
    async () => (await import("./commands/models.js")).modelsCommand,
  ],
  outliers: [
    "list the pictures of a database that are least like any others",
    async () => (await import("./commands/outliers.js")).outliersCommand,
  ],
  points: [
    "say which of your words fit a point cloud or mesh",
    async () => (await import("./commands/points.js")).pointsCommand,
  ],
  prompts: [
    "measure prompts on labelled pictures",
    async () => (await import("./commands/prompts.js")).promptsCommand,
  ],
  quality: [
    "sort the pictures of a database between pairs of words",
    async () => (await import("./commands/quality.js")).qualityCommand,
  ],
  quantize: [
    "make a smaller, faster form of a model",
    async () => (await import("./commands/quantize.js")).quantizeCommand,
  ],
  robust: [
    "how a model stands up to disturbed and attacked pictures",
    async () => (await import("./commands/robust.js")).robustCommand,
  ],
  search: [
    "find indexed pictures by words, pictures and filters",
    async () => (await import("./commands/search.js")).searchCommand,
  ],
  serve: [
    "answer over HTTP, with a page and OpenAI's embeddings API",
    async () => (await import("./commands/serve.js")).serveCommand,
  ],
  suggest: [
    "find pictures for a lesson, one a passage",
    async () => (await import("./commands/suggest.js")).suggestCommand,
  ],
  tag: [
    "put labels on the pictures of a database",
    async () => (await import("./commands/tag.js")).tagCommand,
  ],
  worker: [
    "compute what zeroclip index --queue gives out",
    async () => (await import("./commands/worker.js")).workerCommand,
  ],
};

/** How help lists them; every command stands in one. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  "Pictures and words": ["classify", "points", "embed", "labels", "live"],
  "How good, how sure": ["eval", "calibrate", "prompts", "ensemble", "fewshot", "robust"],
  "Databases of pictures": [
    "index",
    "worker",
    "search",
    "db",
    "tag",
    "duplicates",
    "clusters",
    "outliers",
    "quality",
    "catalogue",
    "suggest",
  ],
  Models: ["models", "quantize", "align", "advise", "bench", "cache"],
  "For other programs": ["serve", "keys", "mcp", "browser"],
};

async function build(wanted: string | undefined): Promise<Command> {
  const program = new Command("zeroclip")
    .description("CLIP in TypeScript: give it pictures and words, it says which words fit.")
    .version(packageVersion())
    .exitOverride()
    // Options after a subcommand are its own: `points` and what stands below it have several of the same names.
    .enablePositionalOptions()
    .showHelpAfterError("(zeroclip --help shows the commands and their options)")
    .addHelpText(
      "after",
      `
Examples:
  zeroclip classify cat.jpg --labels "cat,dog,rocket"
  zeroclip eval photos-by-class/ --model starter,ViT-B/32
  zeroclip models pull ViT-B/32
More examples and all options: zeroclip classify --help
Exit codes: 0 done, 1 some items failed, 2 wrong usage.`,
    );
  for (const [group, names] of Object.entries(GROUPS)) {
    for (const name of names) {
      const [description, load] = COMMANDS[name]!;
      const command = program.command(name).description(description).helpGroup(`${group}:`);
      if (name === wanted) (await load())(command);
    }
  }
  return program;
}

// A reader that has closed its end (`zeroclip … | head`) ends the command quietly.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`error: The results can't be written: ${error.message}.\n`);
  process.exit(1);
});

// Where nobody reads the words for the person any more, the work goes on without them.
process.stderr.on("error", () => {});

const [first, second] = process.argv.slice(2);
try {
  const program = await build(first === "help" ? second : first);
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    // Nothing of ours: a fault in zeroclip or below it. One sentence for the person, the trace for who mends it.
    const trace = process.env.ZEROCLIP_DEBUG && error instanceof Error ? `\n${error.stack}` : "";
    const words = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
    process.stderr.write(`error: Unexpected: ${words} (ZEROCLIP_DEBUG=1 shows where)${trace}\n`);
    process.exitCode = 1;
  }
}
