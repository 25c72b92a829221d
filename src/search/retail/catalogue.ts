import type { Encoder } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import { dot } from "../../math/dot.js";
import { type Embedding, meanUnit, unit } from "../../math/unit.js";
import type { StoreModel } from "../store/store.js";
import { Vectors } from "../store/vectors.js";
import { type Change, ChangeLog } from "./log.js";
import { type Product, promptsFor } from "./product.js";

/** Products that are encoded and written together. */
const BATCH = 64;

/** A product in memory and where its vectors are. */
interface Entry {
  readonly product: Product;
  readonly words: Embedding;
  readonly pictures: readonly Embedding[];
  /** The mean of its pictures; of none its words. */
  readonly looks: Embedding;
}

/** What one product has for it. */
export interface Evidence {
  readonly id: string;
  /** Largest cosine with one of its pictures, −1..1; of a product without any that with its words. */
  readonly picture: number;
  /** Cosine with the mean of its pictures (of none: with its words). */
  readonly looks: number;
  /** Cosine with its words. */
  readonly text: number;
}

/** A product that was not put in, and why; pictures that could not be read, of one that was. */
export interface Failed {
  readonly id: string;
  readonly picture?: string;
  readonly error: ClipError;
}

function modelOf({ model: { name, revision, precision, dim } }: Encoder): StoreModel {
  return { name, revision, precision, dim };
}

/**
 * Products with the vectors of their words and pictures: a folder with a change feed, held in memory. All searches are exact, so that a
 * product is found as soon as `put` resolves, and in other processes after their `refresh`.
 */
export class Catalogue {
  readonly #log: ChangeLog;
  readonly #entries = new Map<string, Entry>();
  #changes: Change[] = [];
  #index: { readonly vectors: Vectors; readonly owners: readonly string[] } | undefined;

  private constructor(log: ChangeLog) {
    this.#log = log;
  }

  /** Raises `search.missing`, `search.model`, `search.catalogue`. Without a model it can be read only. */
  static async open(folder: string, encoder?: Encoder, { create = false } = {}): Promise<Catalogue> {
    const catalogue = new Catalogue(await ChangeLog.open(folder, encoder && modelOf(encoder), create));
    await catalogue.refresh();
    return catalogue;
  }

  get model(): StoreModel {
    return this.#log.model;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Number of its last change; 0: there was none. */
  get version(): number {
    return this.#changes.at(-1)?.seq ?? 0;
  }

  get(id: string): Product | undefined {
    return this.#entries.get(id)?.product;
  }

  /** What a product looks like, unit length; undefined: there is no such product. */
  looks(id: string): Embedding | undefined {
    return this.#entries.get(id)?.looks;
  }

  /** Vectors of a product's pictures. */
  pictures(id: string): readonly Embedding[] {
    return this.#entries.get(id)?.pictures ?? [];
  }

  *products(): Generator<Product> {
    for (const { product } of this.#entries.values()) yield product;
  }

  /** Changes after the given number, at most `most` of them. */
  changes(since = 0, most = Number.POSITIVE_INFINITY): Change[] {
    return this.#changes.slice(since, since + most);
  }

  /** Takes in what this and other processes have changed. Resolves to how many changes there were. */
  async refresh(): Promise<number> {
    const found = await this.#log.refresh();
    for (const { change, vectors } of found) {
      this.#changes.push(change);
      if (change.change === "remove") this.#entries.delete(change.id);
      else {
        const [words, ...pictures] = vectors.map((vector) => unit(vector)) as [Embedding, ...Embedding[]];
        const looks = pictures.length > 0 ? meanUnit(pictures) : words;
        this.#entries.set(change.product.id, { product: change.product, words, pictures, looks });
      }
    }
    if (found.length > 0) this.#index = undefined;
    return found.length;
  }

  /**
   * Puts products in, or replaces those of the same ids; they are found when this resolves. A picture that can't be read is told of and
   * left out; a product none of whose pictures can be read is not put in.
   */
  async put(
    encoder: Encoder,
    products: readonly Product[],
    onProgress?: (done: number) => void,
  ): Promise<Failed[]> {
    const failed: Failed[] = [];
    for (let from = 0; from < products.length; from += BATCH) {
      const part = products.slice(from, from + BATCH);
      const paths = part.flatMap(({ pictures }) => pictures);
      const encoded = await encoder.encodeImages(paths);
      const prompts = part.map(promptsFor);
      const texts = await encoder.encodeTexts(prompts.flat());
      let [nextPicture, nextText] = [0, 0];
      const ready: { product: Product; vectors: Float32Array[] }[] = [];
      for (const [i, product] of part.entries()) {
        const words = meanUnit(texts.slice(nextText, nextText + prompts[i]!.length));
        nextText += prompts[i]!.length;
        const vectors: Embedding[] = [];
        for (const picture of product.pictures) {
          const result = encoded[nextPicture++]!;
          if (result instanceof ClipError) failed.push({ id: product.id, picture, error: result });
          else vectors.push(result);
        }
        if (product.pictures.length > 0 && vectors.length === 0) {
          const told = `Expected a picture of the product ${JSON.stringify(product.id)} that can be read but found none; it is not put in.`;
          failed.push({ id: product.id, error: new ClipError("search.product", told) });
        } else ready.push({ product, vectors: [words, ...vectors] });
      }
      if (ready.length > 0) await this.#log.add(ready);
      await this.refresh();
      onProgress?.(Math.min(products.length, from + BATCH));
    }
    return failed;
  }

  /** Takes products out. Resolves to the ids that were there. */
  async remove(ids: readonly string[]): Promise<string[]> {
    const known = [...new Set(ids)].filter((id) => this.#entries.has(id));
    if (known.length > 0) await this.#log.add(known.map((id) => ({ id })));
    await this.refresh();
    return known;
  }

  /** What speaks for each product where a picture (unit length, f32 [dim]) is of it. */
  evidence(query: Float32Array): Evidence[] {
    this.#index ??= this.#indexed();
    const { vectors, owners } = this.#index;
    const cosines = vectors.dots(query);
    const best = new Map<string, number>();
    for (const [i, owner] of owners.entries()) {
      best.set(owner, Math.max(best.get(owner) ?? -1, cosines[i]!));
    }
    return [...this.#entries].map(([id, { looks, words }]) => {
      const text = dot(words, query);
      return { id, picture: best.get(id) ?? text, looks: dot(looks, query), text };
    });
  }

  #indexed(): { vectors: Vectors; owners: string[] } {
    const vectors = new Vectors(this.model.dim);
    const owners: string[] = [];
    for (const [id, { pictures }] of this.#entries) {
      for (const picture of pictures) {
        vectors.set(vectors.count, picture);
        owners.push(id);
      }
    }
    return { vectors, owners };
  }
}
