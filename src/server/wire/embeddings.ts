import { z } from "zod";
import { LIMITS } from "./limits.js";

const text = z.string().max(LIMITS.text);

/** One thing to embed: a text, a data URL of a picture, or, as Jina's API has it, an object that says which. */
export const embeddingInputSchema = z.union([
  text,
  z.strictObject({ text }),
  z.strictObject({
    image: z.string().min(1).describe("a data URL, base64, or an address where the server fetches them"),
  }),
]);

/** Parts of a chat message, as vLLM takes them for multimodal embeddings. */
const partSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text }),
  z.strictObject({
    type: z.literal("image_url"),
    image_url: z.strictObject({ url: z.string().min(1), detail: z.string().optional() }),
  }),
]);

export const embeddingsRequestSchema = z
  .object({
    input: z
      .union([text, z.array(embeddingInputSchema).min(1).max(LIMITS.texts), z.array(z.unknown()).min(1)])
      .optional()
      .describe("a text or a list of texts and pictures; lists of tokens are refused"),
    messages: z
      .array(
        z.object({
          role: z.string().optional(),
          content: z.union([text, z.array(partSchema).min(1).max(1)]),
        }),
      )
      .length(1)
      .optional()
      .describe("instead of input: one message with one text or one picture, as vLLM has it"),
    modality: z
      .enum(["text", "image"])
      .optional()
      .describe("what the strings of input are, as infinity has it"),
    model: z.string().min(1).max(LIMITS.model).optional(),
    encoding_format: z.enum(["float", "base64"]).optional(),
    dimensions: z
      .int()
      .min(1)
      .optional()
      .describe(
        "the model's own length, or one that its vectors may be cut to (shorterDims of GET /v1/models)",
      ),
    user: z.string().max(LIMITS.words).optional(),
    priority: z.enum(["interactive", "bulk"]).optional(),
  })
  .meta({ id: "EmbeddingsRequest" });

export const embeddingsResponseSchema = z
  .strictObject({
    object: z.literal("list"),
    data: z.array(
      z.strictObject({
        object: z.literal("embedding"),
        index: z.int(),
        embedding: z
          .union([z.array(z.number()), z.string()])
          .describe("unit length; base64: little-endian f32"),
      }),
    ),
    model: z.string(),
    usage: z.strictObject({ prompt_tokens: z.int(), total_tokens: z.int() }),
  })
  .meta({ id: "EmbeddingsResponse" });

export type EmbeddingsRequest = z.infer<typeof embeddingsRequestSchema>;
export type EmbeddingsResponse = z.infer<typeof embeddingsResponseSchema>;
