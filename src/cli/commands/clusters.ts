import { type Command, InvalidArgumentError } from "commander";
import { writeFileAtomic } from "../../models/atomic.js";
import { type Clustering, clusterStore, MOST_CLUSTERS } from "../../search/assets/clusters.js";
import { layOut } from "../../search/assets/layout.js";
import { mapData, mapPage } from "../../search/assets/map-page.js";
import { dataAddress } from "../../search/assets/page.js";
import type { Store } from "../../search/store/store.js";
import { labelSet } from "../../zeroshot/label-sets.js";
import { filterOf, openDbAndModel, type StoreOptions, withStore } from "../assets/store.js";
import { type LabelOptions, labelsOf, SET_NAMES } from "../labels.js";
import { action, type ModelOptions, showsProgress, whole, withModel } from "../options.js";
import { EXIT, harmless, print, type ToldWarning, warningsJson } from "../output.js";
import { progress } from "../progress.js";

interface Options extends ModelOptions, StoreOptions, LabelOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
  readonly k?: number | "auto";
  readonly seed?: number;
  readonly map?: string;
  readonly html?: string;
}

/** Thumbnails that a page holds itself: 15 kB each are 45 MB. */
const MOST_THUMBNAILS = 3_000;

const STEPS = {
  choose: "choosing k",
  centre: "clustering",
  refine: "refining",
  assign: "assigning",
} as const;

/** By position, thumbnails that the store has. */
async function thumbnailsOf(store: Store, ids: readonly string[]): Promise<Record<number, string>> {
  if (ids.length > MOST_THUMBNAILS) return {};
  const rows = await store.get(ids, ["thumbnail"]);
  const found = rows.flatMap((row, i) => (row?.thumbnail ? [[i, dataAddress(row.thumbnail)] as const] : []));
  return Object.fromEntries(found);
}

async function draw(
  store: Store,
  clustering: Clustering,
  signal: AbortSignal,
  options: Options,
): Promise<void> {
  const { map, html, seed } = options;
  if (map === undefined && html === undefined) return;
  const bar = progress("drawing", "steps", showsProgress(options));
  const filter = await filterOf(options);
  const layout = await layOut(store, clustering, {
    signal,
    onProgress: ({ done, total }) => bar.update(done, total, ""),
    ...(filter ? { filter } : {}),
    ...(seed === undefined ? {} : { seed }),
  }).finally(bar.stop);
  const data = mapData(clustering, layout);
  if (map !== undefined) await writeFileAtomic(map, `${JSON.stringify(data)}\n`);
  if (html !== undefined) {
    await writeFileAtomic(html, await mapPage(data, html, await thumbnailsOf(store, clustering.ids)));
  }
}

async function clusters(signal: AbortSignal, options: Options, command: Command): Promise<number> {
  const given = options.labels ?? options.labelsFile ?? options.labelSet;
  const { labels } = given === undefined ? labelSet("everyday") : await labelsOf(options);
  const warnings: ToldWarning[] = [];
  await using opened = await openDbAndModel(options, command, signal, warnings);
  const { store, clip } = opened;
  const weights = await clip.zeroShotWeights(labels, undefined, { signal });
  const filter = await filterOf(options);
  const { k, seed } = options;
  let bar = progress("reading", "rows", showsProgress(options));
  let shown: string | undefined;
  const clustering = await clusterStore(store, {
    labels: weights,
    signal,
    onProgress: ({ step, done, total }) => {
      if (step !== shown) {
        bar.stop();
        bar = progress(
          STEPS[step],
          step === "refine" || step === "assign" ? "pictures" : "steps",
          showsProgress(options),
        );
        shown = step;
      }
      bar.update(done, total, "");
    },
    ...(k === undefined ? {} : { k }),
    ...(seed === undefined ? {} : { seed }),
    ...(filter ? { filter } : {}),
  }).finally(() => bar.stop());
  await draw(store, clustering, signal, options);
  const found = clustering.clusters.map(({ name, words, size, cohesion, examples }) => ({
    name,
    words,
    size,
    cohesion,
    examples,
  }));
  if (options.json) {
    const rows = clustering.paths.map((path, i) => ({ path, cluster: clustering.assigned[i]! }));
    print(JSON.stringify({ clusters: found, rows, ...warningsJson(warnings) }));
  } else {
    for (const { name, size, cohesion, examples } of found) {
      print([size, cohesion.toFixed(3), harmless(name), harmless(examples[0] ?? "")].join("\t"));
    }
  }
  return EXIT.done;
}

function clusterCount(text: string): number | "auto" {
  if (text === "auto") return text;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MOST_CLUSTERS) return value;
  throw new InvalidArgumentError(`Expected auto or a whole number from 1 to ${MOST_CLUSTERS}.`);
}

export function clustersCommand(command: Command): Command {
  withStore(command)
    .description("group the pictures of a database, name the groups, draw a map")
    .option(
      "-k, --k <n>",
      "number of clusters, or auto (default): the one of 2 to 48 that sets them most apart",
      clusterCount,
    )
    .option("-l, --labels <words>", "words for names, separated by commas")
    .option("--labels-file <file>", "words for names: a label set")
    .option("--label-set <name>", `words for names: a ready set (default: everyday): ${SET_NAMES}`)
    .option("--seed <n>", "other clusters and another map (default: 1)", whole(0, 2 ** 31 - 1))
    .option("--map <file>", "write the map as JSON: clusters and points")
    .option("--html <file>", "write the map as a page: pan, zoom, lasso, previews");
  return withModel(command)
    .addHelpText(
      "after",
      `
Examples:
  zeroclip clusters --db photos.db
  zeroclip clusters --db photos.db --k 20 --html map.html
  zeroclip clusters --db photos.db --label-set scenes --map map.json --json

A line a cluster: its size, how alike its pictures are (mean cosine with its
centre), its words, and the picture that shows it best.`,
    )
    .action(action(clusters));
}
