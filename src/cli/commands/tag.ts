import { type Command, Option } from "commander";
import { independentFor, listCalibrations } from "../../calibration-store.js";
import type { Clip } from "../../clip.js";
import { asClipError, type ClipError } from "../../errors.js";
import { DEFAULT_RULE, type TagRule } from "../../search/assets/judge.js";
import { type SidecarNames, writeSidecar } from "../../search/assets/sidecar.js";
import { type TaggedRow, tagStore } from "../../search/assets/tag.js";
import type { ZeroShotWeights } from "../../zeroshot/weights.js";
import { filterOf, openDbAndModel, rowsBar, type StoreOptions, withStore } from "../assets/store.js";
import {
  DOMAIN_NAMES,
  type LabelOptions,
  labelsOf,
  SET_NAMES,
  type TemplateOptions,
  templatesOf,
} from "../labels.js";
import { settings } from "../models/settings.js";
import { counted } from "../numbers.js";
import { action, type ModelOptions, numberFrom, repeated, whole, withModel } from "../options.js";
import {
  complain,
  EXIT,
  errorJson,
  harmless,
  jsonList,
  print,
  say,
  type ToldWarning,
  warningsJson,
} from "../output.js";

interface Options extends ModelOptions, StoreOptions, LabelOptions, TemplateOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
  readonly least?: number;
  readonly most?: number;
  readonly replace?: boolean;
  readonly dryRun?: boolean;
  /** True: the names that are usual. */
  readonly xmp?: SidecarNames | true;
}

/** Thresholds that were fitted for these labels and prompts, where there are any and none are asked for; else the rule of shares. */
async function ruleOf(clip: Clip, weights: ZeroShotWeights, options: Options): Promise<TagRule> {
  const { least, most, calibration } = options;
  if (calibration !== false && least === undefined && most === undefined) {
    const stored = await listCalibrations(settings(options).home, clip.model.revision);
    const independent = independentFor(stored, weights);
    if (independent) return { kind: "fitted", independent };
  }
  const logitScale = clip.model.measuredLogitScale ?? clip.model.logitScale;
  return { kind: "share", logitScale, least: least ?? DEFAULT_RULE.least, most: most ?? DEFAULT_RULE.most };
}

/** Sidecars of the rows' files: all labels of a video's key frames go into the one beside it. */
class Sidecars {
  readonly failed: { readonly path: string; readonly error: ClipError }[] = [];
  written = 0;
  readonly #videos = new Map<string, Set<string>>();
  readonly #names: SidecarNames;

  constructor(names: SidecarNames) {
    this.#names = names;
  }

  async add(rows: readonly TaggedRow[]): Promise<void> {
    for (const { path, time, labels } of rows) {
      if (time === null) {
        await this.#write(path, labels);
        continue;
      }
      const all = this.#videos.get(path) ?? new Set();
      for (const label of labels) all.add(label);
      this.#videos.set(path, all);
    }
  }

  async end(): Promise<void> {
    for (const [path, labels] of this.#videos) await this.#write(path, [...labels]);
  }

  async #write(path: string, labels: readonly string[]): Promise<void> {
    try {
      if (await writeSidecar(path, labels, this.#names)) this.written += 1;
    } catch (error) {
      this.failed.push({ path, error: asClipError(error, "search.xmp") });
    }
  }
}

async function tag(signal: AbortSignal, options: Options, command: Command): Promise<number> {
  const { labels } = await labelsOf(options);
  const warnings: ToldWarning[] = [];
  await using opened = await openDbAndModel(options, command, signal, warnings);
  const { store, clip } = opened;
  const weights = await clip.zeroShotWeights(labels, templatesOf(options), { signal });
  const rule = await ruleOf(clip, weights, options);
  const filter = await filterOf(options);
  const sidecars =
    options.xmp === undefined || options.dryRun
      ? undefined
      : new Sidecars(options.xmp === true ? "full" : options.xmp);
  const list = options.json ? jsonList({ model: clip.model.name, rule: rule.kind }, "results") : undefined;
  const { bar, onProgress } = rowsBar("tagging", options);
  let [rows, labelled, changed] = [0, 0, 0];
  try {
    const batches = tagStore(store, weights, {
      rule,
      signal,
      onProgress,
      replace: options.replace === true,
      write: options.dryRun !== true,
      ...(filter ? { filter } : {}),
    });
    for await (const batch of batches) {
      await sidecars?.add(batch);
      for (const { path, time, tags, labels: after } of batch) {
        if (list) list.add({ path, ...(time === null ? {} : { time }), labels: after, tags });
        else if (options.dryRun) print(`${harmless(path)}\t${after.map(harmless).join("|")}`);
      }
      rows += batch.length;
      labelled += batch.filter((row) => row.tags.length > 0).length;
      changed += batch.filter((row) => row.changed).length;
    }
    await sidecars?.end();
  } finally {
    bar.stop();
    const { written, failed = [] } = sidecars ?? {};
    const told = failed.map(({ path, error }) => ({ path, error: errorJson(error) }));
    const shown = written === undefined ? {} : { sidecars: written, failed: told };
    list?.end({ rows, labelled, changed, ...shown, ...warningsJson(warnings) });
  }
  for (const { path, error } of sidecars?.failed ?? []) complain(error, path);
  if (!options.json && !options.quiet) {
    const words = sidecars ? `, ${counted(sidecars.written, "sidecar")} written` : "";
    const how =
      rule.kind === "fitted" ? "fitted thresholds" : `shares of at least ${rule.least}, at most ${rule.most}`;
    const got = options.dryRun ? "would get a label" : "got a label";
    say(
      `${labelled} of ${counted(rows, "row")} ${got} by ${how}, ${changed} ${options.dryRun ? "would change" : "changed"}${words}`,
    );
  }
  return (sidecars?.failed.length ?? 0) > 0 ? EXIT.someFailed : EXIT.done;
}

export function tagCommand(command: Command): Command {
  withStore(command)
    .description("put labels on the pictures of a database")
    .option("-l, --labels <words>", 'the labels, separated by commas (\\, or "a, b" keeps a comma)')
    .option("--labels-file <file>", "a label set: YAML, JSON, or one label a line (# begins a comment)")
    .option("--label-set <name>", `a ready set: ${SET_NAMES}`)
    .option("--level <n>", "labels of this level of a set with several; 1 is the top", whole(1, 100))
    .option("--prompt-lang <code>", "ask the model in this language")
    .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
    .option("--domain <name>", `prompts for a kind of picture; may repeat: ${DOMAIN_NAMES}`, repeated)
    .option(
      "--least <share>",
      `least share of a label among all (default: ${DEFAULT_RULE.least})`,
      numberFrom(0, 1),
    )
    .option("--most <n>", `most labels a picture (default: ${DEFAULT_RULE.most})`, whole(1, 1_000))
    .option("--no-calibration", "leave thresholds that were fitted alone")
    .option("--replace", "take all other labels away, also those that are not of this set")
    .option("--dry-run", "write nothing; print what the labels would be")
    .addOption(
      new Option(
        "--xmp [names]",
        "also into XMP sidecars: full (cat.jpg.xmp, default) or stem (cat.xmp)",
      ).choices(["full", "stem"]),
    );
  return withModel(command)
    .addHelpText(
      "after",
      `
Examples:
  zeroclip tag --db photos.db --label-set everyday
  zeroclip tag --db photos.db --labels-file words.yaml --xmp
  zeroclip tag --db photos.db --labels "beach,forest,city" --dry-run

Thresholds that zeroclip calibrate --independent fitted for exactly these labels
and prompts are used; else a label needs a share of at least ${DEFAULT_RULE.least} among all,
and a picture gets at most ${DEFAULT_RULE.most}. Pictures are not read again.`,
    )
    .action(action(tag));
}
