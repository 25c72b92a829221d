import type { FastifyInstance } from "fastify";
import { ClipError } from "../../errors.js";
import { dot } from "../../math/dot.js";
import type { Embedding } from "../../math/unit.js";
import type { ServerContext } from "../context.js";
import { fromJson } from "../pictures/pictures.js";
import { LIMITS } from "../wire/limits.js";
import { type SimilarityResponse, similarityRequestSchema } from "../wire/models.js";
import { parse } from "../wire/parse.js";
import { askerOf } from "./asking.js";

/** Pictures and texts of a request: every pair of them is compared. */
const MOST_ITEMS = 512;

export function similarityRoutes(app: FastifyInstance, context: ServerContext): void {
  app.post("/v1/similarity", { config: { work: true } }, async (request): Promise<SimilarityResponse> => {
    const asked = parse(similarityRequestSchema, request.body);
    const pictures = fromJson(asked.images, context.options.fetchUrls);
    const count = pictures.length + asked.texts.length;
    if (count < 2 || count > MOST_ITEMS || pictures.length > LIMITS.pictures) {
      throw new ClipError(
        "usage.request",
        `Expected 2 to ${MOST_ITEMS} pictures and texts together, at most ${LIMITS.pictures} of them pictures, but received ${count}.`,
      );
    }
    return context.pool.use(asked.model, async (serving, model) => {
      if (serving.clip.needsLabels)
        throw new ClipError(
          "usage.ensemble",
          `Expected a model with vectors of its own but ${model} is a cascade.`,
        );
      const asker = askerOf(request, asked.priority);
      const inputs = pictures.flatMap(({ input }) => (input instanceof ClipError ? [] : [input]));
      const [images, texts] = await Promise.all([
        serving.encodeImages(inputs, { views: "center", eachView: false }, asker),
        serving.encodeTexts(asked.texts, asker),
      ]);
      const next = images.values();
      const found = [
        ...pictures.map(({ input }): Embedding | ClipError => {
          if (input instanceof ClipError) return input;
          const one = next.next().value!;
          return one instanceof ClipError ? one : one.result;
        }),
        ...texts.map((one): Embedding | ClipError => (one instanceof ClipError ? one : one.vector)),
      ];
      return {
        model,
        items: found.map((one, i) => ({
          kind: i < pictures.length ? ("image" as const) : ("text" as const),
          name: pictures[i]?.name ?? asked.texts[i - pictures.length]!,
          ...(one instanceof ClipError ? { error: { code: one.code, message: one.message } } : {}),
        })),
        similarity: found.map((a) =>
          found.map((b) => (a instanceof ClipError || b instanceof ClipError ? null : dot(a, b))),
        ),
      };
    });
  });
}
