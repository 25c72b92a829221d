import type { Clip } from "../clip.js";
import { ClipError } from "../errors.js";
import type { Adapter } from "../fewshot/adapter.js";
import { nearest } from "../math/nearest.js";
import { adapterEntry, adapterFor, type ServedAdapter } from "./adapters.js";
import type { RunFigures } from "./queue/batcher.js";
import { type QueueOptions, Serving } from "./serving.js";
import type { ModelEntry } from "./wire/models.js";

export interface ModelPoolOptions {
  /** The only models that may be asked for; the first is taken where none is. */
  readonly models: readonly string[];
  readonly open: (model: string) => Promise<Clip>;
  /** What models were taught, by the model's name. */
  readonly adapters?: readonly ServedAdapter[];
  /** Most bytes of weights in memory; the model used longest ago is closed above it. */
  readonly maxBytes: number;
  readonly queue: QueueOptions;
  readonly onRun?: (model: string, tower: "image" | "text", figures: RunFigures) => void;
  readonly onLoad?: (model: string, seconds: number) => void;
  readonly onUnload?: (model: string) => void;
}

interface Slot {
  readonly serving: Promise<Serving>;
  opened?: Serving;
  created: number;
  users: number;
  /** Order of use. */
  used: number;
}

/** Of several models that differ in it, at most. */
const BYTES = { fp32: 4, fp16: 2, int8: 1, mixed: 4 } as const;

/** Weights of a model in memory: what they take in its precision. Estimated: ONNX Runtime adds a little of its own. */
export function memoryOf({ parameters, precision }: Clip["model"]): number {
  return (parameters.image + parameters.text) * BYTES[precision];
}

/** Models that are open, by name; opened when first asked for, one of each, within a bound of memory. */
export class ModelPool implements AsyncDisposable {
  readonly #options: ModelPoolOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #closing = new Set<Promise<void>>();
  #used = 0;

  constructor(options: ModelPoolOptions) {
    if (options.models.length === 0)
      throw new ClipError("usage.model", "Expected at least one model to serve but received none.");
    this.#options = options;
  }

  /** Name of the model that is taken where none is asked for. */
  get first(): string {
    return this.#options.models[0]!;
  }

  /** Models with an open or opening slot. */
  get loaded(): readonly { readonly name: string; readonly serving: Serving }[] {
    return [...this.#slots].flatMap(([name, { opened }]) => (opened ? [{ name, serving: opened }] : []));
  }

  /** The name that is served, for the one asked. Raises `model.unknown`. */
  nameOf(asked: string | undefined): string {
    const { models } = this.#options;
    const name = asked ?? models[0]!;
    if (models.includes(name)) return name;
    const near = nearest(name, models);
    const hint = near === undefined ? "" : ` Did you mean ${near}?`;
    const shown = name.length > 60 ? `${name.slice(0, 60)}…` : name;
    throw new ClipError(
      "model.unknown",
      `Expected one of ${models.join(", ")} but received "${shown}".${hint}`,
    );
  }

  /** What a model was taught. Raises `model.unknown`. */
  adapterOf(asked: string | undefined): Adapter | undefined {
    return adapterFor(this.nameOf(asked), this.#options.adapters ?? [])?.adapter;
  }

  /** Lends a model for as long as `work` takes. Raises `model.unknown` and what opening it raises. */
  async use<T>(asked: string | undefined, work: (serving: Serving, name: string) => Promise<T>): Promise<T> {
    const name = this.nameOf(asked);
    const slot = this.#slots.get(name) ?? this.#open(name);
    slot.users += 1;
    slot.used = ++this.#used;
    try {
      return await work(await slot.serving, name);
    } finally {
      slot.users -= 1;
      this.#shrink(name);
    }
  }

  #open(name: string): Slot {
    const began = performance.now();
    const { open, queue, onRun, onLoad } = this.#options;
    const adapter = adapterFor(name, this.#options.adapters ?? []);
    const serving = open(name).then(async (clip) => {
      try {
        return new Serving(clip, queue, (tower, figures) => onRun?.(name, tower, figures), adapter?.adapter);
      } catch (error) {
        await clip[Symbol.asyncDispose]();
        throw error;
      }
    });
    const slot: Slot = { serving, created: Math.floor(Date.now() / 1000), users: 0, used: 0 };
    this.#slots.set(name, slot);
    serving.then(
      (opened) => {
        slot.opened = opened;
        onLoad?.(name, (performance.now() - began) / 1000);
        this.#shrink(name);
      },
      // The next request tries again.
      () => this.#slots.delete(name),
    );
    return slot;
  }

  /** Closes what was used longest ago and nobody uses, while more is open than allowed. */
  #shrink(newest: string): void {
    const bytes = (): number =>
      this.loaded.reduce((sum, { serving }) => sum + memoryOf(serving.clip.model), 0);
    while (bytes() > this.#options.maxBytes && this.#closeIdle(newest) !== undefined);
  }

  /** Where memory is scarce: closes all that nobody uses but the one used last → their names. */
  relieve(): string[] {
    const [last] = [...this.#slots].sort(([, a], [, b]) => b.used - a.used);
    const closed: string[] = [];
    for (;;) {
      const name = last && this.#closeIdle(last[0]);
      if (name === undefined) return closed;
      closed.push(name);
    }
  }

  /** Closes the model used longest ago of those that nobody uses, but not `kept` → its name, if there is one. */
  #closeIdle(kept: string): string | undefined {
    const [idle] = [...this.#slots]
      .filter(([name, { users, opened }]) => users === 0 && opened && name !== kept)
      .sort(([, a], [, b]) => a.used - b.used);
    if (!idle) return undefined;
    const [name, { opened }] = idle;
    this.#slots.delete(name);
    this.#options.onUnload?.(name);
    const closing = opened![Symbol.asyncDispose]().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    return name;
  }

  /** What there is, open or not. */
  list(): ModelEntry[] {
    return this.#options.models.map((id, i) => {
      const slot = this.#slots.get(id);
      const clip = slot?.opened?.clip;
      const served = adapterFor(id, this.#options.adapters ?? []);
      const told = {
        ...({ id, object: "model", owned_by: "zeroclip", default: i === 0 } as const),
        ...(served ? { adapter: adapterEntry(served) } : {}),
      };
      if (!slot || !clip) return { ...told, created: 0, loaded: false };
      const { precision, device, dim, imageSize, contextLength, revision, templates } = clip.model;
      const { scoring, languages, shorterDims } = clip.model;
      return {
        ...told,
        created: slot.created,
        loaded: true,
        memoryBytes: memoryOf(clip.model),
        precision,
        device,
        dim,
        ...(shorterDims ? { shorterDims: [...shorterDims] } : {}),
        imageSize,
        contextLength,
        revision,
        templates: [...templates],
        scoring: scoring?.kind ?? "softmax",
        ...(languages ? { languages: [...languages] } : {}),
      };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#slots.values()];
    this.#slots.clear();
    await Promise.all([
      ...this.#closing,
      ...open.map(async ({ serving }) => (await serving.catch(() => undefined))?.[Symbol.asyncDispose]()),
    ]);
  }
}
