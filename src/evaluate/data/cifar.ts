import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ClipError } from "../../errors.js";
import type { RawPixels } from "../../image/sources.js";
import { CIFAR10, CIFAR100 } from "./cifar-classes.js";
import type { LabelledPicture, LabelledSet } from "./labelled-set.js";
import { readAt } from "./read-at.js";
import { classesOf, fingerprintOf, MOST_PICTURES, readText, type SetOptions } from "./set-options.js";

const SIDE = 32;
const PLANE = SIDE * SIDE;

/** A record is the label's byte (CIFAR-100: the coarse one, then the fine one) and three planes of 32 × 32 bytes. */
const FORMS = {
  10: { head: 1, names: CIFAR10, meta: "batches.meta.txt" },
  100: { head: 2, names: CIFAR100, meta: "fine_label_names.txt" },
} as const;
type Form = keyof typeof FORMS;

const recordBytes = (form: Form): number => FORMS[form].head + 3 * PLANE;

/** A hundred names of a few words. */
const MOST_NAMES = 64 * 1024;

/** Files of a folder of the binary version, for a split; undefined where the folder is none. */
export async function cifarFiles(
  folder: string,
  split = "test",
): Promise<{ readonly form: Form; readonly files: readonly string[] } | undefined> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  const ten = names.filter((name) =>
    (split === "test" ? /^test_batch\.bin$/ : /^data_batch_\d+\.bin$/).test(name),
  );
  const hundred = names.filter((name) => name === `${split}.bin`);
  const isHundred = names.includes(FORMS[100].meta);
  const found = isHundred ? hundred : ten;
  if (found.length === 0) return undefined;
  return { form: isHundred ? 100 : 10, files: found.sort().map((name) => join(folder, name)) };
}

/** A file by itself: 10 or 100 classes by what its size is a multiple of and the names beside it. */
async function formOf(path: string): Promise<Form> {
  const { size } = await stat(path);
  const beside: readonly string[] = await readdir(dirname(path)).catch(() => []);
  if (beside.includes(FORMS[100].meta)) return 100;
  if (beside.includes(FORMS[10].meta) || size % recordBytes(10) === 0) return 10;
  return 100;
}

async function classNames(folder: string, form: Form): Promise<readonly string[]> {
  const { meta, names } = FORMS[form];
  const path = join(folder, meta);
  if (!(await stat(path).catch(() => undefined))) return names;
  const lines = (await readText(path, MOST_NAMES)).split("\n").map((line) => line.trim());
  const found = lines.filter((line) => line !== "");
  if (found.length === form) return found;
  throw new ClipError("evaluate.cifar", `Expected ${form} names in ${path} but found ${found.length}.`);
}

/** Planes of red, green and blue → pixels. */
function interleave(planes: Uint8Array): RawPixels {
  const data = new Uint8Array(3 * PLANE);
  for (let i = 0; i < PLANE; i++) for (let c = 0; c < 3; c++) data[3 * i + c] = planes[c * PLANE + i]!;
  return { data, width: SIDE, height: SIDE, channels: 3 };
}

async function readFileOf(path: string, form: Form): Promise<LabelledPicture[]> {
  const size = recordBytes(form);
  const { size: bytes } = await stat(path);
  const count = bytes / size;
  if (!Number.isInteger(count) || count === 0 || count > MOST_PICTURES) {
    throw new ClipError(
      "evaluate.cifar",
      `Expected 1 to ${MOST_PICTURES} records of ${recordBytes(10)} (CIFAR-10) or ${recordBytes(100)} bytes (CIFAR-100) in ${path} but it has ${bytes} bytes.`,
    );
  }
  const pictures: LabelledPicture[] = [];
  const { head } = FORMS[form];
  const most = 1024;
  for (let from = 0; from < count; from += most) {
    const part = Math.min(most, count - from);
    const records = await readAt(path, from * size, part * size);
    for (let i = 0; i < part; i++) {
      const truth = records[i * size + head - 1]!;
      const number = from + i;
      if (truth >= form) {
        throw new ClipError(
          "evaluate.cifar",
          `Expected a label from 0 to ${form - 1} in record ${number} of ${path} but found ${truth}.`,
        );
      }
      pictures.push({
        name: `${path}#${number}`,
        truth,
        open: async () => interleave(await readAt(path, number * size + head, 3 * PLANE)),
      });
    }
  }
  return pictures;
}

/**
 * CIFAR-10 or CIFAR-100 in the binary version (Krizhevsky 2009): a folder of it (`split`: `test`, the default, or `train`)
 * or one of its files → a set. Raises `evaluate.cifar` with the record.
 */
export async function readCifar(path: string, name: string, options: SetOptions = {}): Promise<LabelledSet> {
  const found = (await stat(path)).isDirectory()
    ? await cifarFiles(path, options.split)
    : { form: await formOf(path), files: [path] };
  if (found === undefined) {
    throw new ClipError(
      "evaluate.cifar",
      `Expected CIFAR's binary files of split ${options.split} in ${path} but found none.`,
    );
  }
  const { form, files } = found;
  const names = await classNames(dirname(files[0]!), form);
  const classes = classesOf(names, options.names ?? new Map(), path);
  const pictures: LabelledPicture[] = [];
  for (const file of files) pictures.push(...(await readFileOf(file, form)));
  const fingerprint = await fingerprintOf(
    files,
    files.map((file) => basename(file)),
    options.signal,
  );
  return { name, kind: "cifar", classes, pictures, fingerprint };
}
