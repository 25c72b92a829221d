import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ModelInfo, Warning } from "./encoder.js";
import { asClipError, ClipError } from "./errors.js";
import { writeFileAtomic } from "./models/atomic.js";
import { makeFolder } from "./models/folder.js";
import type { AppliedCalibration } from "./zeroshot/confidence/answer.js";
import { inOrderOf } from "./zeroshot/confidence/calibration.js";
import { type IndependentLabels, independentInOrder } from "./zeroshot/confidence/independent.js";
import { ownScale } from "./zeroshot/confidence/own-scale.js";
import {
  type CalibrationRecord,
  idOf,
  labelsKey,
  parseRecord,
  promptsId,
} from "./zeroshot/confidence/record.js";
import type { CalibrationTarget } from "./zeroshot/confidence/target.js";
import { viewsName } from "./zeroshot/views.js";

/** Label sets and prompts that one model is calibrated for. */
const MOST_FILES = 1000;

/** 200,000 labels with a weight, an offset and a few scores each. */
const MOST_BYTES = 64 * 1024 * 1024;

/** How pictures are seen where nothing else is asked for. */
const USUAL_VIEWS = viewsName();

/** A stored calibration and where it lies. */
export interface StoredCalibration {
  readonly path: string;
  readonly record: CalibrationRecord;
}

/** Where the calibrations of one model lie: `<home>/calibration/<revision>`, so that no other model's are found. */
function folderOf(home: string, revision: string): string {
  return join(home, "calibration", revision.slice(0, 32));
}

/** Writes a calibration, whole or not at all; replaces that of the same model, labels, prompts and views. Resolves to its path. */
export async function saveCalibration(home: string, record: CalibrationRecord): Promise<string> {
  const folder = folderOf(home, record.revision);
  const seen = record.views === USUAL_VIEWS ? "" : `-${idOf(record.views)}`;
  const path = join(folder, `${labelsKey(record.labels)}-${record.prompts}${seen}.json`);
  try {
    await makeFolder(folder);
    await writeFileAtomic(path, `${JSON.stringify(record)}\n`);
  } catch (error) {
    if (await isFolder(path)) throw notAFolder("calibrate.write", path);
    const { code } = error as NodeJS.ErrnoException;
    const message = `Expected to write the calibration ${path} but it can't be written (${code ?? String(error)}).`;
    throw new ClipError("calibrate.write", message, { cause: error });
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

export type { CalibrationTarget } from "./zeroshot/confidence/target.js";

/** A record with a calibration: not only with labels judged each by itself. */
type Calibrated = CalibrationRecord & Required<Pick<CalibrationRecord, "calibration">>;

function isCalibrated(record: CalibrationRecord): record is Calibrated {
  return record.calibration !== undefined;
}

/** Names of a set of labels, of what their vectors were made of beside them, and of the squares of pictures. */
export function calibrationKeys(target: CalibrationTarget): {
  labels: string;
  prompts: string | undefined;
  views: string;
} {
  const { labels, templates, views = USUAL_VIEWS } = target;
  return { labels: labelsKey(labels), prompts: templates && promptsId({ ...target, templates }), views };
}

/** The record made for exactly these labels, prompts and views. */
export function recordFor(
  stored: readonly StoredCalibration[],
  target: CalibrationTarget,
): CalibrationRecord | undefined {
  const { labels, prompts, views } = calibrationKeys(target);
  return stored.find(
    ({ record }) =>
      record.prompts === prompts && record.views === views && labelsKey(record.labels) === labels,
  )?.record;
}

/** The calibration that counts for a target, and how much of it. */
export interface ChosenCalibration {
  readonly record: Calibrated;
  /** Made for other labels, or with other prompts or views: only its scale carries over. */
  readonly otherLabels: boolean;
  readonly otherPrompts: boolean;
  readonly otherViews: boolean;
  /** Of other labels: most of them are not these. */
  readonly strange: boolean;
}

/** Share of all labels of two sets that both have, from which on the sets are taken for each other's kin. */
const KIN = 0.5;

function areKin(some: readonly string[], others: readonly string[]): boolean {
  const known = new Set(some);
  const shared = others.filter((label) => known.has(label)).length;
  return shared >= KIN * (some.length + others.length - shared);
}

/**
 * Of several calibrations, the newest first: one for the same labels before one for mostly the same ones before one with the
 * same prompts before one with the same views before the newest.
 */
export function chooseCalibration(
  stored: readonly StoredCalibration[],
  target: CalibrationTarget,
): ChosenCalibration | undefined {
  const { labels, prompts, views } = calibrationKeys(target);
  const found = stored
    .map(({ record }) => record)
    .filter(isCalibrated)
    .map((record) => ({
      record,
      otherLabels: labelsKey(record.labels) !== labels,
      otherPrompts: record.prompts !== prompts,
      otherViews: record.views !== views,
      strange: !areKin(record.labels, target.labels),
    }));
  const distance = ({ otherLabels, otherPrompts, otherViews, strange }: ChosenCalibration): number =>
    8 * Number(strange) + 4 * Number(otherLabels) + 2 * Number(otherPrompts) + Number(otherViews);
  return found.toSorted((a, b) => distance(a) - distance(b))[0];
}

/** A model's own scale and scoring, without what was measured of it. */
export function plainScale({
  logitScale,
  scoring,
}: Pick<ModelInfo, "logitScale" | "scoring">): Pick<ModelInfo, "logitScale" | "scoring"> {
  return { logitScale, ...(scoring ? { scoring } : {}) };
}

/**
 * What is applied: the calibration made for these labels with these prompts and views, else the scale of one for mostly the same
 * labels, else the model's scale that was measured across sets, else the scale of any calibration (a vector or a curve never
 * carries over), else the model's own. A scale of quite other labels comes after the measured one, because it was further
 * off where both were measured (docs/confidence.md). Of a model that scores by sigmoids, scale and bias carry over together.
 */
export function appliedCalibration(
  chosen: ChosenCalibration | undefined,
  labels: readonly string[],
  model: Pick<ModelInfo, "logitScale" | "measuredLogitScale" | "scoring">,
): AppliedCalibration {
  if (chosen && !chosen.otherLabels && !chosen.otherPrompts && !chosen.otherViews) {
    const { calibration, conformal, keep95 } = chosen.record;
    return {
      source: "fitted",
      calibration: inOrderOf(calibration, labels),
      ...(conformal ? { conformal } : {}),
      ...(keep95 ? { keep95 } : {}),
    };
  }
  if (!chosen || (chosen.strange && model.measuredLogitScale !== undefined)) return ownScale(model);
  const { calibration } = chosen.record;
  if (model.scoring?.kind === "sigmoid")
    return calibration.method === "sigmoid" ? { source: "scale", calibration } : ownScale(model);
  return { source: "scale", calibration: { method: "temperature", logitScale: calibration.logitScale } };
}

/** Labels judged each by itself, as they were fitted for exactly these labels, prompts and views; in the labels' order. */
export function independentFor(
  stored: readonly StoredCalibration[],
  target: CalibrationTarget,
): IndependentLabels | undefined {
  const found = recordFor(stored, target)?.independent;
  return found && independentInOrder(found, target.labels);
}

/** Said where labels were calibrated, but with other prompts or views than they are asked with; else undefined. */
export function carriedOverWarning(
  chosen: ChosenCalibration | undefined,
  { templates = [], views = USUAL_VIEWS }: CalibrationTarget,
): Warning | undefined {
  if (!chosen || chosen.otherLabels || !(chosen.otherPrompts || chosen.otherViews)) return undefined;
  const { record, otherPrompts } = chosen;
  const only = "of that calibration only the scale is used";
  if (!otherPrompts) {
    return {
      code: "calibrate.views",
      message: `These labels were calibrated with the views ${record.views}: ${only}, and zeroclip calibrate with the views ${views} makes one for them.`,
    };
  }
  const shown = JSON.stringify(record.templates.slice(0, 2)).slice(0, 120);
  const more = record.templates.length > 2 ? ` and ${record.templates.length - 2} more` : "";
  const sameTemplates = idOf(record.templates.toSorted()) === idOf(templates.toSorted());
  const what = sameTemplates
    ? "with these templates but other aliases, own prompts, descriptions or weights"
    : `with other prompts (${shown}${more})`;
  return {
    code: "calibrate.prompts",
    message: `These labels were calibrated ${what}: ${only}, and zeroclip calibrate with these prompts makes one for them.`,
  };
}
