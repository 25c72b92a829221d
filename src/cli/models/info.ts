import { isEnsembleFile, readPlan } from "../../ensemble/file.js";
import { bytesOnDisk } from "../../models/bytes-on-disk.js";
import type { ModelManifest } from "../../models/manifest.js";
import { resolveModel } from "../../models/names.js";
import { openModel } from "../../models/open.js";
import { ORIGINAL_LICENSE, originalAddress, type RegistryEntry } from "../../models/registry.js";
import { findPulled, locateModel } from "../../models/store.js";
import { bytes } from "../bytes.js";
import { showsProgress } from "../options.js";
import { EXIT, print } from "../output.js";
import { loadProgress } from "../progress.js";
import { gateRows } from "../quantization.js";
import { planRows } from "./ensemble-info.js";
import { compiledFolder, type ModelsOptions, settings } from "./settings.js";

/** Everything known of one model: of one that is here (a checkpoint is compiled for it), or what the registry knows. */
export async function info(signal: AbortSignal, name: string, options: ModelsOptions): Promise<number> {
  if (isEnsembleFile(name)) return ensembleInfo(name, options);
  const where = settings(options);
  const model = await resolveModel(name, where);
  const published = model.kind === "registry" ? publishedFacts(model.entry) : undefined;
  if (model.kind === "registry" && (await findPulled(model, { ...where, signal })) === undefined) {
    const facts = { name: model.entry.name, state: "not downloaded", ...published };
    print(options.json ? JSON.stringify(facts, null, 2) : lines(knownRows(model.entry)));
    return EXIT.done;
  }
  const bar = loadProgress(showsProgress(options));
  try {
    const located = await locateModel(name, { ...where, signal, pull: false });
    const { folder, manifest } = await openModel(located.path, {
      cacheFolder: compiledFolder(where.home),
      name: located.name,
      precision: located.precision,
      signal,
      onProgress: (stage, done, total) => bar.report({ stage, done, total }),
    });
    bar.stop();
    const license = located.license ?? manifest.license ?? "not stated";
    const onDisk = await bytesOnDisk({ folder, manifest });
    const facts = { ...manifest, source: located.path, folder, license, bytesOnDisk: onDisk };
    print(
      options.json
        ? JSON.stringify({ ...facts, ...(published ? { published } : {}) }, null, 2)
        : lines([...rowsOf(facts), ...(model.kind === "registry" ? publishedRows(model.entry) : [])]),
    );
    return EXIT.done;
  } finally {
    bar.stop();
  }
}

/** What the file of an ensemble says; its models are not opened. */
async function ensembleInfo(file: string, { json }: ModelsOptions): Promise<number> {
  const plan = await readPlan(file);
  print(json ? JSON.stringify({ file, ...plan }, null, 2) : lines([["file", file], ...planRows(plan)]));
  return EXIT.done;
}

type Row = readonly [title: string, words: string];

const lines = (rows: readonly Row[]): string =>
  rows.map(([key, value]) => `${key.padEnd(12)} ${value}`).join("\n");

/** What the registry knows of an original checkpoint, for programs. */
function publishedFacts(entry: RegistryEntry): object {
  const { file, bytes: size, sha256, dim, inputPx, parameters, gflops, imagenetTop1 } = entry;
  return {
    file,
    bytes: size,
    sha256,
    address: originalAddress(entry),
    dim,
    imageSize: inputPx,
    parameters: { image: parameters.visual, text: parameters.total - parameters.visual },
    gflops,
    imagenetTop1,
    license: ORIGINAL_LICENSE,
  };
}

function knownRows(entry: RegistryEntry): Row[] {
  const { name, parameters, dim, inputPx } = entry;
  return [
    ["model", name],
    ["state", `not downloaded: zeroclip models pull ${name}`],
    ["parameters", counted(parameters.visual, parameters.total - parameters.visual)],
    ["vector", `${dim} numbers`],
    ["picture", `${inputPx} × ${inputPx}`],
    ["licence", ORIGINAL_LICENSE],
    ...publishedRows(entry),
  ];
}

function publishedRows(entry: RegistryEntry): Row[] {
  const { gflops, imagenetTop1 } = entry;
  return [
    ["file", `${entry.file}, ${bytes(entry.bytes)} (${entry.bytes.toLocaleString("en")} bytes)`],
    ["SHA-256", entry.sha256],
    ["from", originalAddress(entry)],
    ["work", `${gflops.image} GFLOP a picture, ${gflops.text} a text of 77 tokens`],
    ["published", `${(100 * imagenetTop1).toFixed(2)} % zero-shot top-1 on ImageNet (open_clip's table)`],
  ];
}

function counted(image: number, text: number): string {
  const [all, own, words] = [image + text, image, text].map((count) => count.toLocaleString("en"));
  return `${all} (image ${own}, text ${words})`;
}

type Facts = ModelManifest & {
  readonly source: string;
  readonly folder: string;
  readonly license: string;
  readonly bytesOnDisk: number;
};

/** Codes as words: `mul` is what ISO 639-2 calls many languages. */
function languageNames(codes: readonly string[]): string {
  const names = new Intl.DisplayNames("en", { type: "language", fallback: "code" });
  return codes.map((code) => (code === "mul" ? "a hundred and more" : (names.of(code) ?? code))).join(", ");
}

function rowsOf(facts: Facts): Row[] {
  const { image, text, parameters } = facts;
  const { size, resizeTo, filter, style } = image.preprocessing;
  const tokenizer =
    text.tokenizer.kind === "clip-bpe"
      ? `OpenAI's, ${text.tokenizer.contextLength} tokens`
      : `${text.tokenizer.file}, ${text.tokenizer.maxLength} tokens`;
  const resized = resizeTo === "squash" ? "squashed" : `shorter side to ${resizeTo}`;
  return [
    ["model", facts.name],
    ["revision", facts.revision],
    ["source", facts.source],
    ["compiled in", facts.folder],
    ["on disk", bytes(facts.bytesOnDisk)],
    ["precision", facts.precision],
    ["parameters", counted(parameters.image, parameters.text)],
    ["vector", `${facts.dim} numbers${facts.shorterDims ? `, or ${facts.shorterDims.join(", ")}` : ""}`],
    ["logit scale", String(Number(facts.logitScale.toFixed(4)))],
    ...(facts.scoring?.kind === "sigmoid"
      ? [
          [
            "scoring",
            `each label by itself (sigmoid), bias ${Number(facts.scoring.bias.toFixed(4))}`,
          ] as const,
        ]
      : []),
    ["picture", `${size} × ${size}, ${resized}, ${filter}, rules of ${style}`],
    ["tokenizer", tokenizer],
    ["templates", facts.templates.join("  ")],
    ...(facts.knownScripts ? [["knows", `texts in ${facts.knownScripts.join(", ")}`] as const] : []),
    ...(facts.languages ? [["languages", languageNames(facts.languages)] as const] : []),
    ["licence", facts.license],
    ...(facts.quantization ? gateRows(facts.quantization) : []),
  ];
}
