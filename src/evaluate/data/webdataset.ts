import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ClipError } from "../../errors.js";
import type { LabelledPicture, LabelledSet } from "./labelled-set.js";
import { readAt } from "./read-at.js";
import {
  classesOf,
  fingerprintOf,
  MOST_PICTURES,
  readText,
  type SetOptions,
  sortedIds,
} from "./set-options.js";
import { type TarMember, tarMembers } from "./tar.js";

/** A label or a caption with its facts. */
const MOST_LABEL = 1024 * 1024;

/** The same bound as for files: no picture that is read is larger. */
const MOST_PICTURE = 2 ** 31 - 1;

/** A class given as its number. */
const NUMBER = /^\d{1,9}$/;

const PICTURE = /^(?:jpe?g|png|webp|gif|tiff?|avif)$/;
const LABELS = ["cls", "json", "txt"] as const;

/** Fields of a `.json` member that hold the label. */
const JSON_LABELS = ["label", "class", "cls", "class_name"];

interface Sample {
  readonly key: string;
  readonly archive: string;
  picture?: TarMember;
  readonly labels: Map<string, TarMember>;
}

/** `0001.seg.png` → `0001` and `seg.png`: a sample's members share what is before the first dot of the file's name. */
function split(name: string): { key: string; ending: string } {
  const from = name.lastIndexOf("/") + 1;
  const dot = name.indexOf(".", from + 1);
  if (dot < 0) return { key: name, ending: "" };
  return { key: name.slice(0, dot), ending: name.slice(dot + 1).toLowerCase() };
}

async function samplesOf(archive: string, signal?: AbortSignal): Promise<Sample[]> {
  const samples = new Map<string, Sample>();
  for await (const member of tarMembers(archive, signal)) {
    const { key, ending } = split(member.name);
    const isPicture = PICTURE.test(ending);
    if (!isPicture && !(LABELS as readonly string[]).includes(ending)) continue;
    const sample: Sample = samples.get(key) ?? { key, archive, labels: new Map() };
    samples.set(key, sample);
    if (isPicture ? sample.picture : sample.labels.has(ending)) {
      throw new ClipError(
        "evaluate.webdataset",
        `Expected one ${isPicture ? "picture" : ending} a sample but ${JSON.stringify(member.name)} of ${archive} is a second one.`,
      );
    }
    if (isPicture) sample.picture = member;
    else sample.labels.set(ending, member);
  }
  return [...samples.values()].filter(({ picture }) => picture);
}

/** The label of a sample: `.cls`, a field of `.json`, or the words of `.txt`. */
async function labelOf({ archive, labels, picture }: Sample): Promise<string> {
  for (const ending of LABELS) {
    const member = labels.get(ending);
    if (member === undefined) continue;
    if (member.size > MOST_LABEL) {
      throw new ClipError(
        "evaluate.webdataset",
        `Expected at most ${MOST_LABEL} bytes in ${JSON.stringify(member.name)} of ${archive} but it has ${member.size}.`,
      );
    }
    const words = Buffer.from(await readAt(archive, member.position, member.size))
      .toString("utf8")
      .trim();
    const label = ending === "json" ? fromJson(words, member.name, archive) : words;
    if (label !== undefined && label !== "") return label;
  }
  throw new ClipError(
    "evaluate.webdataset",
    `Expected a .cls, .json or .txt member with the label of ${JSON.stringify(picture?.name)} in ${archive} but found none.`,
  );
}

function fromJson(words: string, member: string, archive: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(words);
  } catch (error) {
    throw new ClipError(
      "evaluate.webdataset",
      `Expected JSON in ${JSON.stringify(member)} of ${archive} but it can't be parsed.`,
      { cause: error },
    );
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const field of JSON_LABELS) {
    const label = (value as Readonly<Record<string, unknown>>)[field];
    if (typeof label === "string" || typeof label === "number") return String(label).trim();
  }
  return undefined;
}

/** Archives of a folder, in order of their numbers; none where it holds none, or folders beside them. */
export async function shardsOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  if (entries.some((entry) => entry.isDirectory() && !entry.name.startsWith("."))) return [];
  const names = entries.map(({ name }) => name).filter((name) => /^[^.].*\.tar$/i.test(name));
  const byNumber = new Intl.Collator("en", { numeric: true }).compare;
  return names.sort(byNumber).map((name) => join(folder, name));
}

/** The names of numbered classes: those given, else a file `classnames.txt` beside the archives or one folder above. */
async function numberedNames(
  folder: string,
  given: SetOptions["numbered"],
): Promise<readonly string[] | undefined> {
  if (given) return given;
  for (const place of [folder, dirname(folder)]) {
    const path = join(place, "classnames.txt");
    if (!(await stat(path).catch(() => undefined))) continue;
    return (await readText(path, MOST_LABEL * 16))
      .trimEnd()
      .split(/\r?\n/)
      .map((line) => line.trim());
  }
  return undefined;
}

/**
 * Tar archives in webdataset's form (a `.tar`, or a folder of them): members `key.jpg` and `key.cls`, `key.json` or
 * `key.txt` → a set. Nothing is unpacked: pictures are read from their place in the archive. Raises
 * `evaluate.webdataset` with the member.
 */
export async function readWebdataset(
  path: string,
  name: string,
  options: SetOptions = {},
): Promise<LabelledSet> {
  const isFolder = (await stat(path)).isDirectory();
  const archives = isFolder ? await shardsOf(path) : [path];
  const labelled: { sample: Sample; label: string }[] = [];
  for (const archive of archives) {
    for (const sample of await samplesOf(archive, options.signal)) {
      const size = sample.picture!.size;
      if (labelled.length >= MOST_PICTURES || size > MOST_PICTURE) {
        const what = size > MOST_PICTURE ? `${MOST_PICTURE} bytes a picture` : `${MOST_PICTURES} pictures`;
        throw new ClipError(
          "evaluate.webdataset",
          `Expected at most ${what} but ${JSON.stringify(sample.picture!.name)} of ${archive} is more.`,
        );
      }
      labelled.push({ sample, label: await labelOf(sample) });
    }
  }
  const names = new Map(options.names);
  let ids = sortedIds(labelled.map(({ label }) => label));
  if (ids.length > 0 && ids.every((id) => NUMBER.test(id)) && !ids.every((id) => names.has(id))) {
    const numbered = await numberedNames(isFolder ? path : dirname(path), options.numbered);
    const unknown = ids.find((id) => !numbered?.[Number(id)] && !names.has(id));
    if (numbered === undefined || unknown !== undefined) {
      throw new ClipError(
        "evaluate.webdataset",
        `Expected a name for class ${unknown ?? ids[0]} of ${path}: a line of classnames.txt beside the archives, --label-set, or --names.`,
      );
    }
    ids = numbered.map((_, i) => String(i));
    for (const one of labelled) one.label = String(Number(one.label));
    for (const [i, label] of numbered.entries()) if (!names.has(String(i))) names.set(String(i), label);
  }
  const classes = classesOf(ids, names, path);
  const position = new Map(ids.map((id, i) => [id, i]));
  const pictures = labelled.map(({ sample, label }): LabelledPicture => {
    const { name: member, position: from, size } = sample.picture!;
    const read = (): Promise<Uint8Array> => readAt(sample.archive, from, size);
    return { name: `${basename(sample.archive)}/${member}`, truth: position.get(label)!, open: read };
  });
  const fingerprint = await fingerprintOf(
    archives,
    archives.map((one) => basename(one)),
    options.signal,
  );
  return { name, kind: "webdataset", classes, pictures, fingerprint };
}
