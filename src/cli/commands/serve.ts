import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { readEnvironment } from "../../environment.js";
import { ClipError } from "../../errors.js";
import { packageVersion } from "../../package-version.js";
import { SETTINGS, type Setting } from "../../server/settings.js";
import { servedModels } from "../models/served.js";
import { settings as homeSettings } from "../models/settings.js";
import { opener } from "../open-served.js";
import { action, whole, withHome } from "../options.js";
import { EXIT, print, say, warn } from "../output.js";
import { searchParts, withHomeDatabase } from "../serve-search.js";

interface Options {
  readonly config?: string;
  readonly logLevel: string;
  readonly device?: "auto" | "cpu" | "webgpu" | "cuda";
  readonly threads?: number;
  readonly home?: string;
  readonly offline?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Bytes of a configuration file: all settings take two thousand. */
const MOST_CONFIG = 1024 * 1024;

/** A configuration file, YAML or JSON. Raises `usage.setting`. */
async function readConfig(path: string): Promise<Readonly<Record<string, unknown>>> {
  const wrong = (what: string, cause?: unknown): ClipError =>
    new ClipError("usage.setting", `Expected settings such as "port: 8765" in ${path} but ${what}.`, {
      cause,
    });
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const known = { ENOENT: "there is no such file", EISDIR: "it is a folder" }[error.code ?? ""];
    throw wrong(known ?? error.message, error);
  });
  if (text.length > MOST_CONFIG) throw wrong(`it has ${text.length} signs`);
  const { parse } = await import("yaml");
  let values: unknown;
  try {
    values = parse(text);
  } catch (error) {
    throw wrong((error as Error).message.split("\n", 1)[0]!.replace(/:$/, ""), error);
  }
  // A file of comments alone.
  if (values === null) return {};
  if (typeof values === "object" && !Array.isArray(values)) return values as Record<string, unknown>;
  throw wrong("it holds something else");
}

/** Raises `usage.setting` for what is no folder. */
async function checkFolders(flag: string, folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    if ((await stat(folder).catch(() => undefined))?.isDirectory()) continue;
    throw new ClipError("usage.setting", `Expected a folder for ${flag} but ${folder} is none.`);
  }
}

/** Settings that flags gave: what is not said on the command line may be said by a variable or the file. */
function flagsOf(command: Command): Record<string, string | boolean> {
  const given = command.opts<Record<string, string | boolean>>();
  const said = SETTINGS.map(({ name }) => name as string).filter(
    (name) => command.getOptionValueSource(name) === "cli",
  );
  const { model } = given;
  return {
    ...Object.fromEntries(said.map((name) => [name, given[name]!])),
    ...(model === undefined ? {} : { models: model }),
  };
}

async function serve(signal: AbortSignal, options: Options, command: Command): Promise<number> {
  const [{ createApp }, { mcpRoutes }, { settingsFrom }, { watchKeys }, { keyStore }, { pino }] =
    await Promise.all([
      import("../../server/app.js"),
      import("../../mcp/http.js"),
      import("../../server/settings.js"),
      import("../../server/keys/watch.js"),
      import("../../server/keys/store.js"),
      import("pino"),
    ]);
  const where = homeSettings(options);
  const { home } = where;
  const { config } = options;
  const given = settingsFrom({
    flags: flagsOf(command),
    variables: readEnvironment().serve,
    ...(config === undefined ? {} : { file: { name: config, values: await readConfig(config) } }),
  });
  const settings = withHomeDatabase(given, home);
  await checkFolders("--eval-folders", settings.evalFolders ?? []);
  await checkFolders("--picture-folders", settings.pictureFolders ?? []);
  await checkFolders("--uploads", settings.uploads ? [settings.uploads] : []);
  const level = options.quiet ? "error" : options.logLevel;
  const logger = pino({ level, base: null }, pino.destination({ dest: 2, sync: false }));
  using keys = await watchKeys(home, (message) => logger.error(message));
  await using server = await createApp({
    settings,
    version: packageVersion(),
    labelSets: join(home, "server", "label-sets"),
    examples: join(home, "server", "examples"),
    keys: () => keys.now,
    keyStore: keyStore(home, keys),
    models: servedModels(where),
    reports: join(home, "server", "reports"),
    search: await searchParts(home, options),
    routes: [mcpRoutes],
    logger,
    open: (model) => opener(options, server.options, (message) => logger.warn(message))(model),
  });
  const { host, port, preload, auth } = server.options;
  const url = await server.app.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EADDRINUSE" ? "another program listens there" : error.message;
    throw new ClipError("server.listen", `Expected to listen on ${host}:${port} but ${why}.`, {
      cause: error,
    });
  });
  if (server.needsKey() && keys.now.length === 0)
    warn(`Every request needs a key and there is none: make one with "zeroclip keys create".`);
  else if (auth === "none" && !server.isLocal)
    warn("Anyone who can reach this address may ask: there are no keys.");
  // Health is answered from here on; where it is, is said once it can answer: a model that there is not is refused before.
  if (preload) await server.warm();
  if (options.json) print(JSON.stringify({ url }));
  else if (!options.quiet) say(`zeroclip is at ${url} (the API is described at ${url}/docs; Ctrl-C ends it)`);
  if (!signal.aborted)
    await new Promise<void>((ended) => signal.addEventListener("abort", () => ended(), { once: true }));
  if (!options.quiet && !options.json) say("ending: answers in the making are finished");
  await server.close();
  return EXIT.done;
}

/** The option of a setting; those that are on by default are switched off by `--no-…`. */
function optionOf({ flag, kind, description, default: usual }: Setting): Option {
  if (kind === "truth") return new Option(flag, usual === true ? `don't ${description}` : description);
  const shown = Array.isArray(usual) ? usual.join(",") : String(usual);
  const what = { number: "n", list: "list", choice: "which", text: "text" }[kind];
  return new Option(`${flag} <${what}>`, `${description}${shown === "" ? "" : ` (default: ${shown})`}`);
}

export function serveCommand(command: Command): Command {
  command
    .description("answer over HTTP: classify, embeddings as OpenAI's API, label sets, search")
    .option("-m, --model <list>", "models that may be asked for, the default first (default: starter)")
    .option("--config <file>", "settings in YAML or JSON, by the names of docs/server.md")
    .addOption(
      new Option("--log-level <level>", "one JSON line a request at info")
        .choices(["trace", "debug", "info", "warn", "error", "silent"])
        .default("info", "info"),
    )
    .addOption(
      new Option("--device <device>", "where to compute (default: auto, the CPU)").choices([
        "auto",
        "cpu",
        "webgpu",
        "cuda",
      ]),
    )
    .option("--threads <n>", "threads to compute with (default: one a physical core)", whole(1, 256))
    .option("--json", "print the address as JSON once it listens")
    .optionsGroup("Settings:");
  for (const setting of SETTINGS.filter(({ name }) => name !== "models"))
    command.addOption(optionOf(setting));
  return withHome(command)
    .addHelpText(
      "after",
      `
Each setting is also a variable (--max-batch is ZEROCLIP_SERVE_MAX_BATCH) and a
line of the --config file (maxBatch); flags go before variables, variables before
the file.

Examples:
  zeroclip serve
  zeroclip serve --databases photos=photos.db --uploads uploads/ --trash
  zeroclip serve --port 9000 --model ViT-B/32@int8,starter
  zeroclip keys create shop --write && zeroclip serve --host 0.0.0.0`,
    )
    .action(action(serve, { patient: true }));
}
