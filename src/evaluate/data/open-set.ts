import { open, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ClipError } from "../../errors.js";
import { type LabelledClass, picturesBelow, readLabelledFolder } from "../labelled-folder.js";
import { cifarFiles, readCifar } from "./cifar.js";
import { type LabelledSet, picturesOf } from "./labelled-set.js";
import { readManifest } from "./manifest.js";
import { fingerprintOf, MOST_PICTURES, type SetOptions } from "./set-options.js";
import { readWebdataset, shardsOf } from "./webdataset.js";

/** Names of sets: the last part of each path, with as many before it as tell them apart. */
export function setNames(paths: readonly string[]): string[] {
  const whole = paths.map((path) => resolve(path));
  return whole.map((path, i) => {
    let name = basename(path);
    let rest = dirname(path);
    const clash = (): boolean =>
      whole.some((other, k) => k !== i && (other === path ? k < i : `/${other}`.endsWith(`/${name}`)));
    while (clash() && rest !== dirname(rest)) {
      name = `${basename(rest)}/${name}`;
      rest = dirname(rest);
    }
    return name || path;
  });
}

/** True where a file begins as a tar archive does. */
async function isTar(path: string): Promise<boolean> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return false;
  try {
    const head = Buffer.alloc(512);
    await file.read(head, 0, 512, 0);
    return head.toString("latin1", 257, 262) === "ustar";
  } finally {
    await file.close();
  }
}

/** Documented in `../door.ts`. */
export async function openSet(path: string, name: string, options: SetOptions = {}): Promise<LabelledSet> {
  if (options.split === "")
    throw new ClipError("usage.split", 'Expected the name of a split but received "".');
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isFile()) {
    if (/\.(?:csv|tsv|jsonl|ndjson)$/i.test(path)) return readManifest(path, name, options);
    if (/\.bin$/i.test(path)) return readCifar(path, name, options);
    if (/\.tar$/i.test(path) || (await isTar(path))) return readWebdataset(path, name, options);
    throw new ClipError(
      "evaluate.folder",
      `Expected a folder with one folder a class, a list (.csv, .tsv, .jsonl), CIFAR's .bin or a .tar at ${path} but it is a file.`,
    );
  }
  if (facts?.isDirectory()) {
    const part = options.split === undefined ? undefined : join(path, options.split);
    if (part && (await stat(part).catch(() => undefined))?.isDirectory()) {
      const { split: _, ...others } = options;
      return openSet(part, name, others);
    }
    if (await cifarFiles(path, options.split)) return readCifar(path, name, options);
    if (part !== undefined) {
      throw new ClipError(
        "evaluate.folder",
        `Expected a folder ${options.split} in ${path} for that split but there is none.`,
      );
    }
    if ((await shardsOf(path)).length > 0) return readWebdataset(path, name, options);
  }
  return setOf(path, name, await readLabelledFolder(path, options.names, options), options.signal);
}

/** All pictures of a folder, whatever folders they are in, as one class; undefined where none are there. Raises `evaluate.data`, `aborted`. */
export async function flatSet(
  path: string,
  label: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<LabelledSet | undefined> {
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) return undefined;
  const images = await picturesBelow(path, signal ? { signal } : {});
  return images.length > 0 ? setOf(path, path, [{ id: label, label, images }], signal) : undefined;
}

async function setOf(
  path: string,
  name: string,
  classes: readonly LabelledClass[],
  signal: AbortSignal | undefined,
): Promise<LabelledSet> {
  const pictures = picturesOf(classes);
  if (pictures.length > MOST_PICTURES) {
    throw new ClipError(
      "evaluate.data",
      `Expected at most ${MOST_PICTURES} pictures in ${path} but found ${pictures.length}.`,
    );
  }
  const fingerprint = await fingerprintOf(
    pictures.map((picture) => picture.name),
    pictures.map(({ truth }) => truth),
    signal,
  );
  return {
    name,
    kind: "folder",
    classes: classes.map(({ id, label }) => ({ id, label })),
    pictures,
    fingerprint,
  };
}
