import { randomBytes } from "node:crypto";
import { basename, sep } from "node:path";
import { ClipError } from "../../errors.js";
import { withLabels } from "../../evaluate/data/label-entries.js";
import type { LabelledPicture, LabelledSet } from "../../evaluate/data/labelled-set.js";
import { openSet } from "../../evaluate/data/open-set.js";
import type { Cell } from "../../evaluate/grid/cell.js";
import { compareCells } from "../../evaluate/grid/compare.js";
import { type PromptChoice, runGrid } from "../../evaluate/grid/grid.js";
import { reportPage } from "../../evaluate/report/page.js";
import { domainTemplates } from "../../zeroshot/domains.js";
import { labelsAt } from "../../zeroshot/hierarchy.js";
import type { ServerContext } from "../context.js";
import { problemEntry } from "../problems.js";
import { type Evaluation, type EvaluationAsked, OWN_PROMPTS } from "../wire/manage.js";
import { type LentEncoder, lend } from "./encoder.js";
import { type AllowedFolder, EvaluationFolders } from "./folders.js";
import type { Reports } from "./reports.js";

type Needed = Pick<ServerContext, "options" | "pool" | "labelSets" | "version" | "closing">;
type Progress = NonNullable<Evaluation["progress"]>;

/** Ended ones without a report that are told. */
const TOLD = 20;

/** Evaluations on the server's own folders, one at a time, beside whatever else it answers. */
export class EvaluationDesk {
  readonly folders: EvaluationFolders;
  readonly #recent: Evaluation[] = [];
  #running: { evaluation: Evaluation; readonly stop: AbortController; done: Promise<void> } | undefined;

  constructor(
    readonly context: Needed,
    readonly reports: Reports,
  ) {
    this.folders = new EvaluationFolders(context.options.evalFolders);
  }

  /** The one that runs, those that failed, and all reports, the newest first. */
  async list(): Promise<Evaluation[]> {
    const kept = await this.reports.list();
    const running = this.#running ? [this.#running.evaluation] : [];
    const rest = [...this.#recent, ...kept].sort((a, b) => (a.created < b.created ? 1 : -1));
    return [...running, ...rest];
  }

  /** Begins one. Raises `server.off`, `server.running`, `server.not-found`, `model.unknown`, `labels.*`. */
  async start(asked: EvaluationAsked): Promise<Evaluation> {
    const { pool, labelSets } = this.context;
    const folder = await this.folders.resolve(asked.folder);
    const models = (asked.models ?? [pool.first]).map((name) => pool.nameOf(name));
    const prompts = asked.prompts.map(promptsOf);
    const labels = asked.labelSet === undefined ? undefined : labelSets.get(asked.labelSet);
    if (this.#running)
      throw new ClipError("server.running", "Expected one evaluation at a time but another one runs.");
    const now = new Date().toISOString();
    const evaluation: Evaluation = {
      id: `${now.slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}-${randomBytes(3).toString("hex")}`,
      state: "running",
      created: now,
      asked: { ...asked, models: [...new Set(models)] },
      progress: { stage: "reading", done: 0 },
    };
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.context.closing]);
    const running = { evaluation, stop, done: Promise.resolve() };
    this.#running = running;
    const say = (progress: Progress): void => {
      running.evaluation = { ...running.evaluation, progress };
    };
    const read = async (): Promise<LabelledSet> => {
      const numbered = labels && labelsAt(labels.set).map(({ name }) => name);
      const { path } = folder;
      await folder.check();
      const found = await openSet(path, basename(path), { signal, ...(numbered ? { numbered } : {}) });
      const set = { ...found, pictures: found.pictures.map((picture) => named(picture, found.kind, folder)) };
      return labels ? withLabels(set, { name: labels.name, set: labels.set }) : set;
    };
    running.done = this.#run(evaluation, read, prompts, signal, say);
    return evaluation;
  }

  /** Ends the one that runs, or removes a report. Raises `server.not-found`. */
  async remove(id: string): Promise<void> {
    const running = this.#running;
    if (running?.evaluation.id === id) {
      running.stop.abort();
      return running.done;
    }
    const at = this.#recent.findIndex((one) => one.id === id);
    if (at >= 0) this.#recent.splice(at, 1);
    else await this.reports.remove(id);
  }

  async #run(
    evaluation: Evaluation,
    read: () => Promise<LabelledSet>,
    prompts: readonly PromptChoice[],
    signal: AbortSignal,
    say: (progress: Progress) => void,
  ): Promise<void> {
    const { progress: _, ...told } = evaluation;
    try {
      const set = await read();
      const cells = await this.#measure(evaluation.asked!.models!, set, prompts, signal, say);
      const page = await reportPage({
        sets: [{ set }],
        cells,
        comparisons: compareCells(cells, [set]),
        version: this.context.version,
        image: this.#image,
        signal,
        onProgress: ({ done, total }) => say({ stage: "report", done, total }),
      });
      await this.reports.write({ ...told, state: "done", figures: cells.map(figuresOf) }, page);
    } catch (error) {
      const ended: Evaluation = signal.aborted
        ? { ...told, state: "cancelled" }
        : { ...told, state: "failed", error: problemEntry(error) };
      this.#recent.unshift(ended);
      this.#recent.splice(TOLD);
    } finally {
      this.#running = undefined;
    }
  }

  get #image() {
    const { maxPictureBytes, maxPixels } = this.context.options;
    return { maxBytes: maxPictureBytes, maxPixels };
  }

  #measure(
    models: readonly string[],
    set: LabelledSet,
    prompts: readonly PromptChoice[],
    signal: AbortSignal,
    say: (progress: Progress) => void,
  ): Promise<Cell[]> {
    let lent: LentEncoder | undefined;
    return runGrid({
      models,
      sets: [set],
      prompts,
      signal,
      image: this.#image,
      open: async (name) => {
        say({ stage: "measuring", model: name, done: 0, total: set.pictures.length });
        lent = await lend(this.context.pool, name, signal);
        return lent;
      },
      calibration: async (_, weights) => ({ applied: await lent!.serving.answering.calibrationFor(weights) }),
      onProgress: ({ model }, { done, total }) =>
        say({ stage: "measuring", model, done, ...(total === undefined ? {} : { total }) }),
    });
  }
}

/** A picture under its name in the folder: reports tell no path of the machine. A file of its own is read where no link leads out. */
function named(picture: LabelledPicture, kind: LabelledSet["kind"], folder: AllowedFolder): LabelledPicture {
  const { name } = picture;
  if (!name.startsWith(folder.path + sep)) return picture;
  const open = kind === "folder" ? () => folder.picture(name) : picture.open;
  return { ...picture, name: name.slice(folder.path.length + 1), open };
}

/** Raises `labels.domain` with the nearest name. */
function promptsOf(name: string): PromptChoice {
  return name === OWN_PROMPTS ? { name } : { name, templates: domainTemplates(name) };
}

function figuresOf(cell: Cell): NonNullable<Evaluation["figures"]>[number] {
  const { model, prompts, images, classes, top1, top5, imagesPerSecond } = cell;
  return { model, prompts, images, classes, top1, top5, imagesPerSecond };
}
