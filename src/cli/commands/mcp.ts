import { join } from "node:path";
import { type Command, Option } from "commander";
import { packageVersion } from "../../package-version.js";
import { settings as homeSettings } from "../models/settings.js";
import { action, repeated, whole, withHome } from "../options.js";
import { EXIT, warn } from "../output.js";
import { searchParts, withHomeDatabase } from "../serve-search.js";

interface Options {
  readonly model?: string;
  readonly allowFolder?: readonly string[];
  readonly fetch?: boolean;
  readonly db?: readonly string[];
  readonly device?: "auto" | "cpu" | "webgpu" | "cuda";
  readonly threads?: number;
  readonly home?: string;
  readonly offline?: boolean;
  readonly quiet?: boolean;
}

/** How often label sets are looked at for changes, ms. */
const FOLLOW_MS = 1000;

/** Speaks MCP on stdin and stdout until either is closed. Nothing else may be printed on stdout. */
async function mcp(signal: AbortSignal, options: Options): Promise<number> {
  const [
    { StdioServerTransport },
    { createMcpServer },
    { ModelPool },
    { LabelSetStore },
    { ExampleStore },
    { serverOptionsSchema },
    { openRoom },
  ] = await Promise.all([
    import("@modelcontextprotocol/sdk/server/stdio.js"),
    import("../../mcp/server.js"),
    import("../../server/models.js"),
    import("../../server/label-sets/store.js"),
    import("../../server/examples/store.js"),
    import("../../server/options.js"),
    import("../../server/databases/room.js"),
  ]);
  const { opener } = await import("../open-served.js");
  const { home } = homeSettings(options);
  const say = (message: string): void => {
    if (!options.quiet) warn(message);
  };
  const models = options.model?.split(",").map((name) => name.trim());
  const settings = serverOptionsSchema.parse(
    withHomeDatabase(
      {
        ...(models ? { models } : {}),
        ...(options.fetch ? { fetchUrls: true } : {}),
        ...(options.db ? { databases: [...options.db] } : {}),
        // Whoever asks is at this machine, and opens files by their paths.
        showPaths: true,
      },
      home,
    ),
  );
  await using search = await openRoom(settings, await searchParts(home, options));
  await using pool = new ModelPool({
    models: [...new Set([...settings.models, ...search.databases.list().map(({ model }) => model)])],
    open: opener(options, settings, say),
    maxBytes: settings.maxModelBytes,
    queue: settings,
  });
  const labelSets = await LabelSetStore.open(join(home, "server", "label-sets"), say);
  // Sets that a server on this machine changes.
  using _ = labelSets.follow(FOLLOW_MS);
  const server = createMcpServer({
    version: packageVersion(),
    options: settings,
    pool,
    labelSets,
    examples: new ExampleStore(join(home, "server", "examples"), say),
    search,
    keys: () => [],
    folders: options.allowFolder ?? "roots",
    fetches: settings.fetchUrls,
    client: "stdio",
  });
  const transport = new StdioServerTransport();
  const ended = new Promise<void>((done) => {
    server.server.onclose = () => done();
    process.stdin.once("end", done);
    signal.addEventListener("abort", () => done(), { once: true });
  });
  await server.connect(transport);
  await ended;
  await server.close();
  return EXIT.done;
}

export function mcpCommand(command: Command): Command {
  command
    .description("tools for agents (MCP) on stdin and stdout")
    .option("-m, --model <list>", "models that may be asked for, the default first (default: starter)")
    .option(
      "--allow-folder <folder>",
      "pictures in it may be read; may repeat (default: the folders that the assistant works in)",
      repeated,
    )
    .option(
      "--db <database>",
      "pictures to search in, as name=address; may repeat (default: db in ZEROCLIP_HOME, if it is there)",
      repeated,
    )
    .option("--fetch", "allow pictures by http(s) address, private hosts refused")
    .addOption(
      new Option("--device <device>", "where to compute (default: auto, the CPU)").choices([
        "auto",
        "cpu",
        "webgpu",
        "cuda",
      ]),
    )
    .option("--threads <n>", "threads to compute with (default: one a physical core)", whole(1, 256));
  return withHome(command)
    .addHelpText(
      "after",
      `
An assistant starts it by itself, by a line such as this in its settings:
  "zeroclip": {"command": "npx",
               "args": ["zeroclip", "mcp", "--allow-folder", "/home/me/Pictures"]}

Tools: classify_image, embed, compare_images, list_models and, with a database,
search_images and find_similar; resources: label sets.
Over HTTP the same is at /mcp of zeroclip serve.

Examples:
  zeroclip mcp --allow-folder photos/
  zeroclip mcp --db photos=photos.db
  zeroclip mcp --model ViT-B/32@int8 --allow-folder ~/Pictures`,
    )
    .action(action(mcp));
}
