import type { ClassifyRequest, ClassifyResponse } from "../server/wire/classify.js";
import type { EmbeddingsResponse } from "../server/wire/embeddings.js";
import type { ModelEntry, SimilarityRequest, SimilarityResponse } from "../server/wire/models.js";
import type { SearchRequest, SearchResponse } from "../server/wire/search.js";
import type { ServerInfo } from "../server/wire/server-info.js";
import { Asker, type CallOptions, type ClientOptions } from "./ask.js";
import { Databases } from "./databases.js";
import { ZeroclipError } from "./error.js";
import { LabelSets } from "./label-sets.js";
import { Downloads, Evaluations, Keys } from "./manage.js";
import { asText, type ClientPicture, classifyBody } from "./pictures.js";
import { Points } from "./points.js";
import { Products } from "./products.js";

/** What /v1/classify takes beside its pictures; either `labels` or `labelSet`, or neither where the model has an adapter: then its labels. */
export type ClassifyOptions = Omit<ClassifyRequest, "image" | "images">;

export interface ClassifyCall extends ClassifyOptions {
  /** 1..64 */
  readonly images: readonly ClientPicture[];
}

export interface EmbedCall {
  readonly texts?: readonly string[];
  readonly images?: readonly ClientPicture[];
  readonly model?: string;
}

export interface Embedded {
  readonly model: string;
  /** Unit vectors [dim]: the texts' in order, then the pictures'. */
  readonly embeddings: readonly Float32Array[];
}

export interface SimilarityCall {
  readonly texts?: readonly string[];
  readonly images?: readonly ClientPicture[];
  readonly model?: string;
}

/** What /v1/search takes; `image` also as bytes. */
export interface SearchCall extends Omit<SearchRequest, "image"> {
  readonly image?: ClientPicture;
}

/**
 * A zeroclip server, from a browser or Node (20 or newer; nothing but `fetch` is needed). Calls raise `ZeroclipError`, or the
 * reason of an aborted signal.
 */
export class ZeroclipClient {
  readonly labelSets: LabelSets;
  readonly keys: Keys;
  readonly downloads: Downloads;
  readonly evaluations: Evaluations;
  readonly databases: Databases;
  readonly products: Products;
  readonly points: Points;
  readonly #asker: Asker;

  constructor(options: ClientOptions = {}) {
    this.#asker = new Asker(options);
    this.labelSets = new LabelSets(this.#asker);
    this.keys = new Keys(this.#asker);
    this.downloads = new Downloads(this.#asker);
    this.evaluations = new Evaluations(this.#asker);
    this.databases = new Databases(this.#asker);
    this.products = new Products(this.#asker);
    this.points = new Points(this.#asker);
  }

  /**
   * Which labels fit the pictures. A picture that can't be read has an `error` in its result, whether or not the others can.
   */
  async classify({ images, ...options }: ClassifyCall, call: CallOptions = {}): Promise<ClassifyResponse> {
    const { body, headers } = await classifyBody(images, options);
    const accept = (_: number, answer: unknown): boolean => hasResults(answer);
    const answer = await this.#asker.ask<ClassifyResponse>("POST", "/v1/classify", {
      ...call,
      body,
      headers,
      accept,
    });
    // Where no picture could be read the answer is a problem with the results beside it.
    const { results, model = options.model ?? "" } = answer.body;
    return answer.status === 200 ? answer.body : { model, results };
  }

  /** Texts and pictures as vectors. Raises where one of them can't be read. */
  async embed({ texts = [], images = [], model }: EmbedCall, call: CallOptions = {}): Promise<Embedded> {
    const input = [...texts.map((text) => ({ text })), ...(await Promise.all(images.map(pictureInput)))];
    const { body } = await this.#post<EmbeddingsResponse>(
      "/v1/embeddings",
      { input, encoding_format: "base64", ...(model === undefined ? {} : { model }) },
      call,
    );
    return { model: body.model, embeddings: body.data.map(({ embedding }) => vector(embedding)) };
  }

  /** Cosines of all texts and pictures with each other. */
  async similarity(
    { images = [], ...rest }: SimilarityCall,
    call: CallOptions = {},
  ): Promise<SimilarityResponse> {
    const given = await Promise.all(images.map(asText));
    const body = { ...rest, images: given } as SimilarityRequest;
    return (await this.#post<SimilarityResponse>("/v1/similarity", body, call)).body;
  }

  /**
   * Pictures of a database that fit what is looked for; where nothing is, all that pass the filter, the newest first. `next` of the
   * answer is the `cursor` of the page after.
   */
  async search({ image, ...rest }: SearchCall, call: CallOptions = {}): Promise<SearchResponse> {
    const body = image === undefined ? rest : { ...rest, image: await asText(image) };
    return (await this.#post<SearchResponse>("/v1/search", body, call)).body;
  }

  /** Models that may be asked for. */
  async models(call: CallOptions = {}): Promise<ModelEntry[]> {
    return (await this.#asker.ask<{ readonly data: ModelEntry[] }>("GET", "/v1/models", call)).body.data;
  }

  /** Version, limits, domains. */
  async server(call: CallOptions = {}): Promise<ServerInfo> {
    return (await this.#asker.ask<ServerInfo>("GET", "/v1/server", call)).body;
  }

  /** True once the first model is open; false before, and once the server ends. Raises where it can't be reached. */
  async ready(call: CallOptions = {}): Promise<boolean> {
    const accept = (status: number): boolean => status === 503;
    return (await this.#asker.ask("GET", "/readyz", { ...call, accept })).status === 200;
  }

  #post<T>(path: string, body: unknown, call: CallOptions) {
    const json = JSON.stringify(body);
    const headers = { "content-type": "application/json" };
    return this.#asker.ask<T>("POST", path, { ...call, headers, body: () => json });
  }
}

async function pictureInput(picture: ClientPicture): Promise<{ image: string }> {
  return { image: await asText(picture) };
}

function hasResults(body: unknown): boolean {
  return typeof body === "object" && body !== null && Array.isArray((body as { results?: unknown }).results);
}

/** Little-endian f32 in base64 → [dim] */
function vector(embedding: string | readonly number[]): Float32Array {
  if (typeof embedding !== "string") return Float32Array.from(embedding);
  const text = atob(embedding);
  const view = new DataView(new ArrayBuffer(text.length));
  for (let i = 0; i < text.length; i++) view.setUint8(i, text.charCodeAt(i));
  if (text.length % 4 !== 0)
    throw new ZeroclipError("answer", "Expected vectors of f32 but their bytes are not whole.", 200);
  return Float32Array.from({ length: text.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
}
