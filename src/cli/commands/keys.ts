import type { Command } from "commander";
import { createKey, type KeyRecord, readKeys, removeKey } from "../../server/keys/keys.js";
import { type ModelsOptions, settings } from "../models/settings.js";
import { action, withHome } from "../options.js";
import { EXIT, print, say } from "../output.js";
import { table } from "../table.js";

interface Options extends ModelsOptions {
  readonly write?: boolean;
}

/** A key as it may be shown. */
function shown({ id, name, scopes, created }: KeyRecord): Omit<KeyRecord, "hash"> {
  return { id, name, scopes, created };
}

async function create(_signal: AbortSignal, name: string, options: Options): Promise<number> {
  const { home } = settings(options);
  const { key, record } = await createKey(home, name, options.write ? ["read", "write"] : ["read"]);
  if (options.json) print(JSON.stringify({ key, ...shown(record) }));
  else {
    print(key);
    if (!options.quiet) say("This is the only time the key is shown; only its hash is kept.");
  }
  return EXIT.done;
}

async function list(_signal: AbortSignal, options: Options): Promise<number> {
  const keys = await readKeys(settings(options).home);
  if (options.json) print(JSON.stringify({ keys: keys.map(shown) }, null, 2));
  else if (keys.length === 0) say("there are no keys");
  else {
    const columns = ["id", "name", "may", "made"].map((title) => ({ title }));
    print(
      table(
        columns,
        keys.map(({ id, name, scopes, created }) => [id, name, scopes.join(", "), created.slice(0, 10)]),
      ),
    );
  }
  return EXIT.done;
}

async function remove(_signal: AbortSignal, id: string, options: Options): Promise<number> {
  await removeKey(settings(options).home, id);
  if (!options.quiet) say(`the key ${id} is taken away`);
  return EXIT.done;
}

export function keysCommand(command: Command): Command {
  command.description("make and take away keys of the server").addHelpText(
    "after",
    `
Examples:
  zeroclip keys create shop --write
  zeroclip keys list
  zeroclip keys rm 3f9a0c1b2d4e`,
  );
  withHome(
    command
      .command("create")
      .description("make a key: it is printed once")
      .argument("<name>", "who it is for")
      .option("--write", "may also change label sets")
      .option("--json", "print JSON"),
  )
    .addHelpText("after", "\nExample:\n  zeroclip keys create shop --write")
    .action(action(create));
  withHome(command.command("list").description("show the keys there are").option("--json", "print JSON"))
    .addHelpText("after", "\nExample:\n  zeroclip keys list")
    .action(action(list));
  withHome(command.command("rm").description("take a key away").argument("<id>", "its id, as list shows it"))
    .addHelpText("after", "\nExample:\n  zeroclip keys rm 3f9a0c1b2d4e")
    .action(action(remove));
  return command;
}
