import type {
  ProductBody,
  ProductChanges,
  ProductList,
  ProductPut,
  RecogniseResponse,
  RecommendRequest,
  RecommendResponse,
} from "../server/wire/products.js";
import { type Asker, type CallOptions, queryOf } from "./ask.js";
import { json } from "./databases.js";
import { asText, type ClientPicture } from "./pictures.js";

/** Of one of the server's catalogues; default: the first. */
export interface CatalogueOptions extends CallOptions {
  readonly catalogue?: string;
}

export interface ProductListOptions extends CatalogueOptions {
  /** Products a page, 1..500; default 50. */
  readonly top?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

export interface ChangesOptions extends CatalogueOptions {
  /** Number of the last change that is known; default 0. */
  readonly since?: number;
  /** 1..1,000; default 100. */
  readonly top?: number;
}

export interface RecogniseCall {
  readonly image: ClientPicture;
  readonly catalogue?: string;
  /** Candidates, 1..100; default 5. */
  readonly top?: number;
}

/** What a product is written with; pictures also as bytes. */
export interface ProductCall extends Omit<ProductBody, "pictures"> {
  /** At most 64. Absent: those it has stay. */
  readonly pictures?: readonly ClientPicture[];
}

/** Catalogues of products: recognised in photos, recommended. A product that is put is recognised by the next request. */
export class Products {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  async list({ catalogue, top, cursor, ...call }: ProductListOptions = {}): Promise<ProductList> {
    const path = `/v1/products${queryOf({ catalogue, top, cursor })}`;
    return (await this.#asker.ask<ProductList>("GET", path, call)).body;
  }

  /** Puts a product in, or replaces the one of its id. */
  async put(
    id: string,
    { pictures, ...fields }: ProductCall,
    { catalogue, ...call }: CatalogueOptions = {},
  ): Promise<ProductPut> {
    const given = pictures && { pictures: await Promise.all(pictures.map(asText)) };
    const asked = { ...json({ ...fields, ...given }), ...call };
    return (await this.#asker.ask<ProductPut>("PUT", pathOf(id, catalogue), asked)).body;
  }

  async remove(id: string, { catalogue, ...call }: CatalogueOptions = {}): Promise<void> {
    await this.#asker.ask("DELETE", pathOf(id, catalogue), call);
  }

  /** What changed since a number, in order. */
  async changes({ catalogue, since, top, ...call }: ChangesOptions = {}): Promise<ProductChanges> {
    const path = `/v1/products/changes${queryOf({ catalogue, since, top })}`;
    return (await this.#asker.ask<ProductChanges>("GET", path, call)).body;
  }

  /** Which products a photo may show. */
  async recognise({ image, ...rest }: RecogniseCall, call?: CallOptions): Promise<RecogniseResponse> {
    const asked = { ...json({ ...rest, image: await asText(image) }), ...call };
    return (await this.#asker.ask<RecogniseResponse>("POST", "/v1/products/recognise", asked)).body;
  }

  /** Exactly one of `like`, `liked` and `look`. */
  async recommend(body: RecommendRequest, call?: CallOptions): Promise<RecommendResponse> {
    const asked = { ...json(body), ...call };
    return (await this.#asker.ask<RecommendResponse>("POST", "/v1/products/recommend", asked)).body;
  }
}

function pathOf(id: string, catalogue: string | undefined): string {
  return `/v1/products/${encodeURIComponent(id)}${queryOf({ catalogue })}`;
}
