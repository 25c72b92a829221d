import { join } from "node:path";
import type { Command } from "commander";
import { clearSpaces, selectSpaces } from "../../cache/clear.js";
import type { SpaceInfo } from "../../cache/space.js";
import { asClipError } from "../../errors.js";
import { resolveModel, STARTER_NAME, splitPrecision } from "../../models/names.js";
import { bytes } from "../bytes.js";
import { type ModelsOptions, settings } from "../models/settings.js";
import { action, withHome } from "../options.js";
import { EXIT, print, say } from "../output.js";
import { table } from "../table.js";

interface Options extends ModelsOptions {
  readonly text?: boolean;
  readonly images?: boolean;
  readonly model?: string;
}

/** A space as programs read it. */
function spaceJson({ folder, record, bytes: size, vectors }: SpaceInfo): object {
  const { kind, model, precision, device, revision, dim } = record ?? {};
  return { kind, model, precision, device, revision, dim, vectors, bytes: size, folder };
}

/**
 * The spaces that are meant. Raises `model.unknown` and `model.path` for a name that is no model's, unless there are vectors of
 * that name: a file may be gone.
 */
async function spacesOf({ model, text, images, ...options }: Options): Promise<SpaceInfo[]> {
  const where = settings(options);
  const kinds = { ...(text ? { text } : {}), ...(images ? { images } : {}) };
  if (model === undefined) return selectSpaces(where.home, kinds);
  const all = await selectSpaces(where.home, {});
  const isStored = all.some(({ record }) => record?.model === model);
  const models = isStored ? [model] : [model, await ownName(model, where.starterFolder)];
  const spaces = await selectSpaces(where.home, { ...kinds, models });
  if (!spaces.some(({ record }) => record) && !options.quiet) say(`nothing of ${model} is remembered`);
  return spaces;
}

/** A model's name, also by an alias, as its vectors are stored. */
async function ownName(typed: string, starterFolder: string): Promise<string> {
  const { modelName } = await import("../../models/store.js");
  const model = await resolveModel(typed, { starterFolder });
  const { model: words } = splitPrecision(typed);
  const name = model.kind === "starter" ? STARTER_NAME : model.kind === "path" ? words : modelName(model);
  return model.precision === undefined || model.precision === "fp32" ? name : `${name}@${model.precision}`;
}

async function info(_signal: AbortSignal, options: Options): Promise<number> {
  const { home } = settings(options);
  const spaces = await spacesOf(options);
  const total = spaces.reduce((sum, space) => sum + space.bytes, 0);
  if (options.json) {
    print(
      JSON.stringify({ folder: join(home, "cache"), bytes: total, caches: spaces.map(spaceJson) }, null, 2),
    );
    return EXIT.done;
  }
  const right = { align: "right" } as const;
  const rows = spaces.map(({ record, bytes: size, vectors }) => [
    record?.kind ?? "damaged",
    record ? `${record.model} ${record.precision}` : "?",
    record?.device ?? "?",
    String(vectors),
    bytes(size),
  ]);
  if (rows.length > 0) {
    const columns = [
      { title: "cache" },
      { title: "model" },
      { title: "device" },
      { title: "vectors", ...right },
      { title: "size", ...right },
    ];
    print(`${table(columns, rows)}\n`);
  }
  print(`${bytes(total)} in ${join(home, "cache")}`);
  return EXIT.done;
}

async function clear(_signal: AbortSignal, options: Options): Promise<number> {
  const spaces = await spacesOf(options);
  const freed = await clearSpaces(spaces).catch((error: unknown) => {
    throw asClipError(error, "model.cache");
  });
  if (options.json) print(JSON.stringify({ removed: spaces.length, bytes: freed }));
  else if (!options.quiet) say(`${bytes(freed)} removed`);
  return EXIT.done;
}

export function cacheCommand(command: Command): Command {
  command.description("show or clear remembered vectors of texts and pictures").addHelpText(
    "after",
    `
Examples:
  zeroclip cache info
  zeroclip cache clear --images
  zeroclip cache clear --model ViT-B/32`,
  );
  const sub = (name: string, description: string, examples: readonly string[]): Command =>
    withHome(
      command
        .command(name)
        .description(description)
        .option("--text", "only vectors of texts and label sets")
        .option("--images", "only vectors of pictures")
        .option("-m, --model <name>", "only those of this model")
        .option("--json", "print JSON"),
    ).addHelpText(
      "after",
      `\nExamples:\n${examples.map((example) => `  zeroclip cache ${example}`).join("\n")}`,
    );
  sub("info", "how many vectors there are, of which models, and their size", ["info", "info --json"]).action(
    action(info),
  );
  sub("clear", "remove them; compiled and downloaded models stay", [
    "clear",
    "clear --text --model starter",
  ]).action(action(clear));
  return command;
}
