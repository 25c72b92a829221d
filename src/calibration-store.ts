import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { asClipError, ClipError } from "./errors.js";
import { writeFileAtomic } from "./models/atomic.js";
import type { AppliedCalibration } from "./zeroshot/confidence/answer.js";
import { type CalibrationRecord, labelsKey, parseRecord } from "./zeroshot/confidence/record.js";

/** Label sets that one model is calibrated for. */
const MOST_FILES = 1000;

/** 200,000 labels with a weight, an offset and a few scores each. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A stored calibration and where it lies. */
export interface StoredCalibration {
  readonly path: string;
  readonly record: CalibrationRecord;
}

/** Where the calibrations of one model lie: `<home>/calibration/<revision>`, so that no other model's are found. */
function folderOf(home: string, revision: string): string {
  return join(home, "calibration", revision.slice(0, 32));
}

/** Writes a calibration, whole or not at all; replaces that of the same model and labels. Resolves to its path. */
export async function saveCalibration(home: string, record: CalibrationRecord): Promise<string> {
  const folder = folderOf(home, record.revision);
  const path = join(folder, `${labelsKey(record.labels)}.json`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFileAtomic(path, `${JSON.stringify(record)}\n`);
  } catch (error) {
    if (await isFolder(path)) throw notAFolder("calibrate.write", path);
    throw asClipError(error, "calibrate.write");
  }
  return path;
}

/** The calibrations of a model, the newest first. A damaged file is told to `onDamaged` and left out. */
export async function listCalibrations(
  home: string,
  revision: string,
  onDamaged: (error: ClipError) => void = () => {},
): Promise<StoredCalibration[]> {
  const folder = folderOf(home, revision);
  const names = await readdir(folder).catch(() => []);
  const found: StoredCalibration[] = [];
  for (const name of names.filter((one) => one.endsWith(".json")).slice(0, MOST_FILES)) {
    const path = join(folder, name);
    try {
      const record = parseRecord(await readBounded(path), path);
      if (record.revision === revision) found.push({ path, record });
    } catch (error) {
      onDamaged(asClipError(error, "calibrate.record"));
    }
  }
  return found.sort((a, b) => (a.record.made < b.record.made ? 1 : -1));
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

function notAFolder(code: "calibrate.record" | "calibrate.write", path: string): ClipError {
  return new ClipError(code, `Expected a file of a calibration at ${path} but it is a folder.`);
}

async function readBounded(path: string): Promise<string> {
  if (await isFolder(path)) throw notAFolder("calibrate.record", path);
  const { size } = await stat(path);
  if (size > MOST_BYTES) {
    throw new ClipError(
      "calibrate.record",
      `Expected at most ${MOST_BYTES} bytes of calibration but ${path} has ${size}.`,
    );
  }
  return readFile(path, "utf8");
}

/** Removes a model's calibrations. Resolves to how many there were, and how many damaged files beside them. */
export async function removeCalibrations(
  home: string,
  revision: string,
): Promise<{ removed: number; damaged: number }> {
  let damaged = 0;
  const stored = await listCalibrations(home, revision, () => {
    damaged += 1;
  });
  await rm(folderOf(home, revision), { recursive: true, force: true });
  return { removed: stored.length, damaged };
}

/**
 * What is applied to a set of labels: the calibration made for them, else the scale of the newest one (a temperature
 * carries over from set to set, a vector or a curve does not), else the model's measured scale, else its own.
 */
export function appliedCalibration(
  stored: readonly StoredCalibration[],
  labels: readonly string[],
  model: { readonly logitScale: number; readonly measuredLogitScale?: number | undefined },
): AppliedCalibration {
  const key = labelsKey(labels);
  const own = stored.find(({ record }) => labelsKey(record.labels) === key)?.record;
  if (own) {
    const { calibration, conformal, keep95, independent } = own;
    return {
      source: "fitted",
      calibration,
      ...(conformal ? { conformal } : {}),
      ...(keep95 ? { keep95 } : {}),
      ...(independent ? { independent } : {}),
    };
  }
  const scale = (source: AppliedCalibration["source"], logitScale: number): AppliedCalibration => ({
    source,
    calibration: { method: "temperature", logitScale },
  });
  const newest = stored[0]?.record.calibration;
  if (newest) return scale("fitted", newest.logitScale);
  if (model.measuredLogitScale !== undefined) return scale("default", model.measuredLogitScale);
  return scale("none", model.logitScale);
}
