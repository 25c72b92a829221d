import type { EncodedImage, EncodeImagesOptions, Encoder, EncodeTextsOptions } from "../../encoder.js";
import { ClipError, orThrow } from "../../errors.js";
import type { ImageInput } from "../../image/sources.js";
import type { Embedding } from "../../math/unit.js";
import type { Asker } from "../queue/batcher.js";
import type { Serving } from "../serving.js";

/**
 * A served model as the library's search wants one: what it encodes waits in the model's queues and shares runs with other requests.
 * What no request is to wait for (facts of pictures for an index) goes to the model itself.
 */
export class ServedEncoder implements Encoder {
  readonly model;
  readonly #serving: Serving;
  readonly #asker: Asker;

  constructor(serving: Serving, asker: Asker) {
    this.#serving = serving;
    this.#asker = asker;
    this.model = serving.clip.model;
  }

  get needsLabels(): boolean {
    return this.#serving.clip.needsLabels ?? false;
  }

  /** Whoever asks first computes what others then share: only a signal that is given ends it. */
  #askerWith(signal: AbortSignal | undefined): Asker {
    const { client, priority } = this.#asker;
    return { client, priority, signal };
  }

  async encodeImages(
    inputs: readonly ImageInput[],
    { signal }: EncodeImagesOptions = {},
  ): Promise<(Embedding | ClipError)[]> {
    if (inputs.length === 0) return [];
    const kind = { views: "center", eachView: false } as const;
    const found = await this.#serving.encodeImages(inputs, kind, this.#askerWith(signal));
    return found.map((one) => (one instanceof ClipError ? one : one.result));
  }

  async encodeTexts(texts: readonly string[], { signal }: EncodeTextsOptions = {}): Promise<Embedding[]> {
    if (texts.length === 0) return [];
    const found = orThrow(await this.#serving.encodeTexts(texts, this.#askerWith(signal)));
    return found.map(({ vector }) => vector);
  }

  encodeImageStream(
    inputs: AsyncIterable<ImageInput> | Iterable<ImageInput>,
    options?: EncodeImagesOptions,
  ): AsyncGenerator<EncodedImage> {
    return this.#serving.clip.encodeImageStream(inputs, options);
  }
}
