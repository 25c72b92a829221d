import type { DrawingAsked, ShapesAsked, ShapesResponse, ViewsResponse } from "../server/wire/points.js";
import { type Answered, type Asker, type CallOptions, queryOf } from "./ask.js";

/** A point cloud or mesh: a file's bytes and its name, whose ending says what it is where the content does not; a `File` has both. */
export type ClientShape = File | { readonly shape: Blob | Uint8Array | ArrayBuffer; readonly name: string };

/** What /v1/points/classify takes; either `labels` or `labelSet`. */
export interface ShapesCall extends ShapesAsked {
  /** 1..16 */
  readonly shapes: readonly ClientShape[];
}

/** What /v1/points/views takes. */
export interface ViewsCall extends DrawingAsked {
  /** 1..16 */
  readonly shapes: readonly ClientShape[];
}

/** Point clouds and meshes. */
export class Points {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  /** Which labels fit the shapes. One that can't be read has an `error` in its result, whether or not the others can. */
  async classify(asked: ShapesCall, call: CallOptions = {}): Promise<ShapesResponse> {
    const { status, body } = await this.#post<ShapesResponse>("/v1/points/classify", asked, call);
    return status === 200 ? body : { model: asked.model ?? "", results: body.results };
  }

  /** The shapes as a model sees them, and with `outline` what a page shows of them. */
  async views(asked: ViewsCall, call: CallOptions = {}): Promise<ViewsResponse> {
    const { body } = await this.#post<ViewsResponse>("/v1/points/views", asked, call);
    return { results: body.results };
  }

  /** Kinds of everyday things that the server makes shapes of. */
  async samples(call: CallOptions = {}): Promise<readonly string[]> {
    const { body } = await this.#asker.ask<{ readonly kinds: string[] }>("GET", "/v1/points/samples", call);
    return body.kinds;
  }

  /** A made shape as a PLY file; the same seed gives the same one. */
  async sample(
    kind: string,
    { seed, form }: { readonly seed?: number; readonly form?: "cloud" | "mesh" } = {},
    call: CallOptions = {},
  ): Promise<File> {
    const address = `/v1/points/samples/${encodeURIComponent(kind)}${queryOf({ seed, form })}`;
    const { body } = await this.#asker.ask<ArrayBuffer>("GET", address, { ...call, bytes: true });
    return new File([new Uint8Array(body)], `${kind}.ply`);
  }

  /** Where no shape could be read the answer is a problem with the results beside it. */
  async #post<T extends { readonly results: unknown }>(
    path: string,
    { shapes, ...options }: { readonly shapes: readonly ClientShape[] },
    call: CallOptions,
  ): Promise<Answered<T>> {
    const body = (): FormData => {
      const form = new FormData();
      for (const [name, value] of Object.entries(options))
        if (value !== undefined) form.append(name, typeof value === "string" ? value : JSON.stringify(value));
      for (const given of shapes)
        form.append("shape", "shape" in given ? blobOf(given.shape) : given, given.name);
      return form;
    };
    const accept = (_: number, answer: unknown): boolean =>
      typeof answer === "object" &&
      answer !== null &&
      Array.isArray((answer as { results?: unknown }).results);
    return this.#asker.ask<T>("POST", path, { ...call, body, accept });
  }
}

function blobOf(bytes: Blob | Uint8Array | ArrayBuffer): Blob {
  return bytes instanceof Blob ? bytes : new Blob([bytes as Uint8Array<ArrayBuffer>]);
}
