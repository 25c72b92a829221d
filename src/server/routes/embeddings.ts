import type { FastifyInstance } from "fastify";
import { ClipError } from "../../errors.js";
import type { ImageInput } from "../../image/sources.js";
import { type Embedding, unit } from "../../math/unit.js";
import type { ServerContext } from "../context.js";
import { fromAddress, fromBase64 } from "../pictures/pictures.js";
import type { Asker } from "../queue/batcher.js";
import type { Serving } from "../serving.js";
import {
  type EmbeddingsRequest,
  type EmbeddingsResponse,
  embeddingInputSchema,
  embeddingsRequestSchema,
} from "../wire/embeddings.js";
import { LIMITS } from "../wire/limits.js";
import { parse } from "../wire/parse.js";
import { askerOf } from "./asking.js";

/** One thing to embed. */
type Item = { readonly text: string } | { readonly image: ImageInput };

/** What is asked, in whichever dialect, as items. */
function itemsOf(request: EmbeddingsRequest, fetches: boolean): Item[] {
  const { input, messages, modality } = request;
  if ((input === undefined) === (messages === undefined))
    throw new ClipError("usage.request", "Expected either input or messages in the request.");
  const picture = (address: string): Item => ({ image: sound(fromAddress(address, fetches)) });
  if (messages) {
    const [{ content }] = messages as [(typeof messages)[number]];
    if (typeof content === "string") return [{ text: content }];
    const [part] = content as [(typeof content)[number]];
    return [part.type === "text" ? { text: part.text } : picture(part.image_url.url)];
  }
  const list = Array.isArray(input) ? input : [input];
  if (list.some((one) => typeof one === "number" || Array.isArray(one))) {
    throw new ClipError(
      "usage.tokens",
      "Expected texts but received tokens, which mean other words in another model's vocabulary: in LangChain set checkEmbeddingCtxLength to false.",
    );
  }
  return list.map((one, i) => {
    const item = parse(embeddingInputSchema, one, `input ${i}`);
    if (typeof item === "string") {
      // A text that begins so is nobody's sentence.
      return modality === "image" || /^data:image\//i.test(item) ? picture(item) : { text: item };
    }
    if ("text" in item) return item;
    const { image } = item;
    return /^(?:data:|https?:\/\/)/i.test(image) ? picture(image) : { image: sound(fromBase64(image)) };
  });
}

function sound(input: ImageInput | ClipError): ImageInput {
  if (input instanceof ClipError) throw input;
  return input;
}

/** Items → vectors in order and the tokens of all texts. Raises the first error: a list with a gap would be no answer. */
async function embed(
  serving: Serving,
  items: readonly Item[],
  asker: Asker,
): Promise<{ vectors: Embedding[]; tokens: number }> {
  const texts = items.flatMap((item) => ("text" in item ? [item.text] : []));
  const pictures = items.flatMap((item) => ("image" in item ? [item.image] : []));
  const [textResults, pictureResults] = await Promise.all([
    serving.encodeTexts(texts, asker),
    serving.encodeImages(pictures, { views: "center", eachView: false }, asker),
  ]);
  const [nextText, nextPicture] = [textResults.values(), pictureResults.values()];
  let tokens = 0;
  const vectors = items.map((item, i) => {
    const found = "text" in item ? nextText.next().value! : nextPicture.next().value!;
    if (found instanceof ClipError)
      throw new ClipError(found.code, `Input ${i}: ${found.message}`, { cause: found });
    if ("vector" in found) {
      tokens += found.tokens;
      return found.vector;
    }
    if (found.result instanceof ClipError) throw found.result;
    return found.result;
  });
  return { vectors, tokens };
}

/** The first numbers of a vector, brought back to length 1. */
function cut(vector: Embedding, length: number): Embedding {
  return length === vector.length ? vector : unit(vector.subarray(0, length));
}

function encoded(vector: Embedding, format: EmbeddingsRequest["encoding_format"]): string | number[] {
  if (format !== "base64") return [...vector];
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}

export function embeddingsRoutes(app: FastifyInstance, context: ServerContext): void {
  app.post("/v1/embeddings", { config: { work: true } }, async (request): Promise<EmbeddingsResponse> => {
    const asked = parse(embeddingsRequestSchema, request.body);
    const items = itemsOf(asked, context.options.fetchUrls);
    const pictures = items.filter((item) => "image" in item).length;
    if (items.length > LIMITS.texts || pictures > LIMITS.pictures) {
      throw new ClipError(
        "usage.request",
        `Expected at most ${LIMITS.texts} inputs of which ${LIMITS.pictures} are pictures but received ${items.length} with ${pictures}.`,
      );
    }
    return context.pool.use(asked.model, async (serving, model) => {
      const { dim, shorterDims = [] } = serving.clip.model;
      if (serving.clip.needsLabels)
        throw new ClipError(
          "usage.ensemble",
          `Expected a model with vectors of its own but ${model} is a cascade.`,
        );
      const { dimensions = dim } = asked;
      if (dimensions !== dim && !shorterDims.includes(dimensions)) {
        const lengths = shorterDims.length > 0 ? `, or one of ${shorterDims.join(", ")}` : "";
        throw new ClipError(
          "usage.dimensions",
          `Expected ${dim} dimensions, the length of ${model}'s vectors${lengths || ", which can't be cut"}, but received ${dimensions}.`,
        );
      }
      const { vectors, tokens } = await embed(serving, items, askerOf(request, asked.priority));
      return {
        object: "list",
        data: vectors.map((vector, index) => ({
          object: "embedding" as const,
          index,
          embedding: encoded(cut(vector, dimensions), asked.encoding_format),
        })),
        model,
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      };
    });
  });
}
