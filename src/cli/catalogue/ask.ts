import { ClipError } from "../../errors.js";
import { Catalogue } from "../../search/retail/catalogue.js";
import {
  type RecognitionFigures,
  recognitionFigures,
  recommendationFigures,
} from "../../search/retail/evaluate.js";
import { readFusion, readLikes, readRules, writeFusion } from "../../search/retail/files.js";
import { fitFusion } from "../../search/retail/fit.js";
import { recognise } from "../../search/retail/fusion.js";
import type { Product } from "../../search/retail/product.js";
import {
  completeLook,
  forLiked,
  passes,
  type Recommended,
  similarProducts,
} from "../../search/retail/recommend.js";
import { commandInputs, inputName } from "../inputs.js";
import { counted } from "../numbers.js";
import { complain, EXIT, errorJson, harmless, print, say } from "../output.js";
import {
  type CatalogueOptions,
  complainFailed,
  failedJson,
  labelledEvidence,
  nameOf,
  openCatalogue,
} from "./shared.js";

interface RecogniseOptions extends CatalogueOptions {
  readonly top?: number;
}

export async function recognisePhotos(
  signal: AbortSignal,
  photos: readonly string[],
  options: RecogniseOptions,
): Promise<number> {
  const { top = 5, json } = options;
  const inputs = await commandInputs(photos, signal);
  await using opened = await openCatalogue(options, signal);
  const { clip, catalogue } = opened;
  const fusion = await readFusion(options.catalogue);
  const results: object[] = [];
  let [done, failed] = [0, 0];
  for await (const { id, result } of clip.encodeImageStream(inputs, { signal })) {
    const image = inputName(inputs[done++]!, id);
    if (result instanceof ClipError) {
      failed += 1;
      complain(result, image);
      results.push({ image, candidates: [], error: errorJson(result) });
      continue;
    }
    const { candidates, inCatalogue } = recognise(catalogue.evidence(result), fusion, top);
    const shown = candidates.map((one) => ({ ...one, name: nameOf(catalogue.get(one.id)!) }));
    results.push({ image, inCatalogue, candidates: shown });
    if (json) continue;
    if (!inCatalogue) print(`${harmless(image)}\t(not in catalogue)`);
    else
      for (const { id: product, name, probability } of shown)
        print([harmless(image), harmless(product), harmless(name), probability.toFixed(4)].join("\t"));
  }
  if (json) print(JSON.stringify({ model: clip.model.name, results }, null, 2));
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}

interface ListOptions extends CatalogueOptions {
  readonly category?: readonly string[];
}

/** A line a product: id, name, price, categories, how many pictures it has. */
export async function list(_signal: AbortSignal, options: ListOptions): Promise<number> {
  const { category, json, quiet } = options;
  const catalogue = await Catalogue.open(options.catalogue);
  const filter = category === undefined ? {} : { categories: category };
  const products = [...catalogue.products()].filter((product) => passes(product, filter));
  if (json) print(JSON.stringify({ model: catalogue.model.name, products }, null, 2));
  else {
    for (const product of products) {
      const { id, categories, pictures } = product;
      print(
        [
          ...[id, nameOf(product), priceOf(product), categories.join("|")].map(harmless),
          pictures.length,
        ].join("\t"),
      );
    }
    if (!quiet)
      say(`${products.length} of ${counted(catalogue.size, "product")}, read by ${catalogue.model.name}`);
  }
  return EXIT.done;
}

interface RecommendOptions extends CatalogueOptions {
  readonly like?: readonly string[];
  readonly similarTo?: string;
  readonly lookOf?: string;
  readonly lookRules?: string;
  readonly top?: number;
  readonly category?: readonly string[];
  readonly least?: number;
  readonly most?: number;
  readonly diverse?: number;
}

function priceOf({ price }: Product): string {
  return price === null ? "" : `${price.amount} ${price.currency}`;
}

function lineOf({ product, similarity }: Recommended, head: readonly string[] = []): string {
  return [...head, product.id, nameOf(product), priceOf(product), similarity.toFixed(4)]
    .map(harmless)
    .join("\t");
}

export async function recommend(_signal: AbortSignal, options: RecommendOptions): Promise<number> {
  const { like, similarTo, lookOf, lookRules, top, category, least, most, diverse, json } = options;
  if ([like, similarTo, lookOf].filter((one) => one !== undefined).length !== 1) {
    throw new ClipError("usage.catalogue", "Expected exactly one of --similar-to, --like and --look-of.");
  }
  if ((lookOf === undefined) !== (lookRules === undefined)) {
    throw new ClipError("usage.catalogue", "Expected --look-of together with --look-rules.");
  }
  const catalogue = await Catalogue.open(options.catalogue);
  const asked = {
    ...(top === undefined ? {} : { top }),
    ...(diverse === undefined ? {} : { lambda: diverse }),
    filter: {
      ...(category === undefined ? {} : { categories: category }),
      ...(least === undefined ? {} : { least }),
      ...(most === undefined ? {} : { most }),
    },
  };
  if (lookOf !== undefined) {
    const looks = completeLook(catalogue, lookOf, await readRules(lookRules!), asked);
    if (json) print(JSON.stringify({ looks }, null, 2));
    else
      for (const { category: goes, products } of looks)
        for (const one of products) print(lineOf(one, [goes]));
    return EXIT.done;
  }
  const found =
    similarTo === undefined
      ? forLiked(
          catalogue,
          like!.map((id) => ({ id })),
          asked,
        )
      : similarProducts(catalogue, similarTo, asked);
  if (json) print(JSON.stringify({ products: found }, null, 2));
  else for (const one of found) print(lineOf(one));
  return EXIT.done;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function recognitionLines({ photos, top1, top5, known, unknown, byPictures }: RecognitionFigures): string[] {
  return [
    ["photos", String(photos)],
    ["right product first", percent(top1)],
    ["among the first 5", percent(top5)],
    ["taken for a product, of those that are", percent(known)],
    ["taken for a product, their own taken out", percent(unknown)],
    ...byPictures.map((one) => [
      `right, products with ${one.pictures} pictures (${one.photos} photos)`,
      percent(one.top1),
    ]),
  ].map((cells) => cells.join("\t"));
}

interface FitOptions extends CatalogueOptions {
  readonly photos: string;
}

export async function fit(signal: AbortSignal, options: FitOptions): Promise<number> {
  await using opened = await openCatalogue(options, signal);
  const { clip, catalogue } = opened;
  const { photos, failed } = await labelledEvidence(clip, catalogue, options.photos, options, signal);
  const fusion = fitFusion(photos);
  await writeFusion(options.catalogue, fusion);
  if (options.json) print(JSON.stringify({ photos: photos.length, fusion, ...failedJson(failed) }, null, 2));
  else if (!options.quiet) say(`fitted on ${counted(photos.length, "photo")}`);
  return complainFailed(failed);
}

interface EvaluateOptions extends CatalogueOptions {
  readonly photos?: string;
  readonly likes?: string;
  readonly top?: number;
  readonly diverse?: number;
}

export async function evaluate(signal: AbortSignal, options: EvaluateOptions): Promise<number> {
  const { photos, likes, top = 10, diverse, json } = options;
  if (photos === undefined && likes === undefined) {
    throw new ClipError("usage.catalogue", "Expected --photos or --likes but received neither.");
  }
  let code: number = EXIT.done;
  const out: { recognition?: object; recommendations?: object } = {};
  if (photos !== undefined) {
    await using opened = await openCatalogue(options, signal);
    const { clip, catalogue } = opened;
    const read = await labelledEvidence(clip, catalogue, photos, options, signal);
    const figures = recognitionFigures(catalogue, read.photos, await readFusion(options.catalogue));
    out.recognition = { ...figures, ...failedJson(read.failed) };
    if (!json) print(recognitionLines(figures).join("\n"));
    code = complainFailed(read.failed);
  }
  if (likes !== undefined) {
    const catalogue = await Catalogue.open(options.catalogue);
    const histories = await readLikes(likes);
    const figures = recommendationFigures(catalogue, histories, {
      k: top,
      ...(diverse === undefined ? {} : { lambda: diverse }),
    });
    out.recommendations = figures;
    const lines = [
      ["users", String(figures.users)],
      [`recall@${top}`, percent(figures.recall)],
      [`recall@${top} by chance`, percent(figures.chance)],
      ["users with a hit", percent(figures.hits)],
      ["coverage", percent(figures.coverage)],
      ["mean cosine in a list", figures.alike.toFixed(3)],
    ];
    if (!json) print(lines.map((cells) => cells.join("\t")).join("\n"));
  }
  if (json) print(JSON.stringify(out, null, 2));
  return code;
}
