import type { Command } from "commander";
import { ClipError } from "../../errors.js";
import type { WorkEvent } from "../../search/queue/work.js";
import { type DbOptions, objectOptions, openAddress } from "../db.js";
import { counted } from "../numbers.js";
import { action, type ModelOptions, openModelOf, whole, withModel } from "../options.js";
import { complain, EXIT, harmless, print, say } from "../output.js";

interface Options extends ModelOptions, DbOptions {
  readonly queue?: string;
  readonly name?: string;
  readonly rate?: number;
  readonly takeover?: number;
}

interface DeadOptions {
  readonly queue?: string;
  readonly json?: boolean;
}

/** Paths of a dead letter that are shown to a person. */
const SHOWN = 3;

function tell({ db, files, result, error }: WorkEvent): void {
  if (error) {
    complain(error, db || undefined);
    return;
  }
  const { errors = [], added = 0, changed = 0 } = result ?? {};
  const failed = errors.length > 0 ? `, ${errors.length} failed` : "";
  say(`${db}: ${counted(files, "file")}: ${added + changed} computed${failed}`);
}

/** Raises `usage.queue` where none is named. */
function queueOf({ queue }: DeadOptions): string {
  if (queue !== undefined) return queue;
  throw new ClipError("usage.queue", "Expected --queue redis://host:port but it was not given.");
}

async function worker(signal: AbortSignal, options: Options, command: Command): Promise<number> {
  const { work } = await import("../../search/queue/work.js");
  const { name, rate, takeover, quiet } = options;
  const isNamed = command.getOptionValueSource("model") === "cli";
  await work({
    ...{ queue: queueOf(options), signal, s3: objectOptions(options) },
    // A signal of its own: what is in hand when the worker is told to stop is finished.
    openModel: (spec) => openModelOf(isNamed ? options.model : spec, options, new AbortController().signal),
    openStore: (address, model) => openAddress(address, options, { model }),
    ...(name === undefined ? {} : { name }),
    ...(rate === undefined ? {} : { rate }),
    ...(takeover === undefined ? {} : { takeoverMs: 1_000 * takeover }),
    ...(quiet ? {} : { onReady: () => say("ready"), onBatch: tell }),
  });
  return EXIT.done;
}

async function list(_signal: AbortSignal, _options: DeadOptions, command: Command): Promise<number> {
  const { deadLetters } = await import("../../search/queue/dead.js");
  const options = command.optsWithGlobals<DeadOptions>();
  for await (const letter of deadLetters(queueOf(options))) {
    if (options.json) {
      print(JSON.stringify(letter));
      continue;
    }
    const { id, db, reason, tries, failed, paths } = letter;
    const more = paths.length > SHOWN ? `\n  … and ${paths.length - SHOWN} more` : "";
    print(
      `${id}  ${new Date(failed).toISOString()}  ${harmless(db)}  after ${tries} tries: ${harmless(reason)}`,
    );
    print(`  ${paths.slice(0, SHOWN).map(harmless).join("\n  ")}${more}`);
  }
  return EXIT.done;
}

async function replay(
  _signal: AbortSignal,
  ids: readonly string[],
  _options: DeadOptions,
  command: Command,
): Promise<number> {
  const { replayDead } = await import("../../search/queue/dead.js");
  const options = command.optsWithGlobals<DeadOptions>();
  const replayed = await replayDead(queueOf(options), ids.length > 0 ? ids : undefined);
  if (options.json) print(JSON.stringify({ replayed }));
  else say(`${replayed} put back into the queue`);
  return EXIT.done;
}

export function workerCommand(command: Command): Command {
  command
    .option("--queue <address>", "the queue: redis://host:port")
    .description("take batches of pictures from a queue and compute them")
    .option("--name <name>", "what it is called where somebody looks at the queue")
    .option("--rate <n>", "most files a second, of all workers with a rate together", whole(1, 1_000_000))
    .option(
      "--takeover <s>",
      "seconds after which the batch of a worker that is silent goes to another (default: 30)",
      whole(1, 3_600),
    );
  withModel(command)
    .addHelpText(
      "after",
      `
Examples:
  zeroclip worker --queue redis://127.0.0.1:6379
  zeroclip index photos/ --db pictures.db --queue redis://127.0.0.1:6379
  zeroclip worker dead list --queue redis://127.0.0.1:6379

Ctrl-C and SIGTERM finish the batch in hand. The model is the one that
zeroclip index was given; --model says where it lies on this machine instead.`,
    )
    .action(action(worker, { patient: true }));
  const dead = command.command("dead").description("batches that failed too often");
  dead
    .command("list")
    .description("show them, the newest first")
    .option("--json", "a line of JSON each")
    .action(action(list));
  dead
    .command("replay")
    .description("put them back into the queue")
    .argument("[ids...]", "those alone (default: all)")
    .option("--json", "print how many as JSON")
    .action(action(replay));
  return command;
}
