import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { ClipError } from "../errors.js";
import { dot } from "../math/dot.js";
import type { Embedding } from "../math/unit.js";
import { type AnswerContext, answerRequest } from "../server/answer.js";
import type { ServerContext } from "../server/context.js";
import type { Asker } from "../server/queue/batcher.js";
import { classifyResponseSchema } from "../server/wire/classify.js";
import { LIMITS } from "../server/wire/limits.js";
import { modelListSchema } from "../server/wire/models.js";
import { namedPicture, type PictureSources } from "./pictures.js";
import { clientRoots } from "./roots.js";
import { searchTools } from "./search.js";
import { answered, ToolBox } from "./tools.js";

export interface McpContext
  extends AnswerContext,
    Pick<ServerContext, "search" | "keys">,
    Omit<PictureSources, "folders"> {
  /** Folders whose files may be read; `roots`: those that the client works in. */
  readonly folders: readonly string[] | "roots";
  /** Of zeroclip. */
  readonly version: string;
  /** Who asks, for turns in the queue. */
  readonly client: string;
  /** Fires when nobody waits for the answer any more. */
  readonly gone?: AbortSignal;
}

/** Vectors that a tool gives at once: an agent that asks for more wants a file. */
const MOST_VECTORS = 16;

/** Labels that an agent is shown a picture where it asks for no other number. */
const TOP = 10;

const picture = z
  .string()
  .min(1)
  .describe(
    "a path in an allowed folder, a data URL (data:image/jpeg;base64,…), or an http(s) address where those are fetched",
  );
const model = z
  .string()
  .max(LIMITS.model)
  .optional()
  .describe("a name of list_models; default: the first one");

const HINTS = { readOnlyHint: true, idempotentHint: true, openWorldHint: false } as const;

/** What agents may ask: four tools, two more where there is a database, and label sets as resources. One server a connection. */
export function createMcpServer(given: McpContext): McpServer {
  const server = new McpServer(
    { name: "zeroclip", version: given.version },
    {
      instructions:
        "zeroclip says which words fit a picture (CLIP). Give classify_image a picture and labels in plain words, or the name of a label set; probabilities are shares among those labels, so add a label for everything else that may be there.",
    },
  );
  const { folders, gone } = given;
  const context = { ...given, folders: folders === "roots" ? clientRoots(server) : async () => folders };
  const tools = new ToolBox(server);
  const asker = (signal: AbortSignal): Asker & { signal: AbortSignal } => ({
    client: context.client,
    priority: "interactive",
    signal: gone ? AbortSignal.any([signal, gone]) : signal,
  });

  tools.register(
    "classify_image",
    {
      title: "Say which labels fit pictures",
      description:
        "Compares each picture with labels in words and returns them with probabilities, most probable first. Probabilities are shares among the given labels and sum to 1: if none may fit, pass abstain (0..1) to have that said. Give either labels or labelSet.",
      inputSchema: {
        images: z.array(picture).min(1).max(LIMITS.pictures),
        labels: z.array(z.string().min(1).max(LIMITS.words)).min(2).max(LIMITS.inlineLabels).optional(),
        labelSet: z
          .string()
          .max(64)
          .optional()
          .describe("name of a label set, such as everyday; the resources list them"),
        domain: z
          .string()
          .max(100)
          .optional()
          .describe("kind of picture whose prompts are used, such as retail or satellite"),
        abstain: z
          .number()
          .min(0)
          .max(1)
          .optional()
          .describe("below this probability the answer says that none fits"),
        top: z.int().min(1).max(1000).default(TOP),
        model,
      },
      outputSchema: classifyResponseSchema.shape,
      annotations: HINTS,
    },
    async ({ images, ...asked }, { signal }) =>
      answered(async () => {
        const pictures = await Promise.all(images.map((one, i) => namedPicture(one, i, context)));
        return answerRequest(context, pictures, withoutHoles(asked), asker(signal));
      }),
  );

  tools.register(
    "embed",
    {
      title: "Turn texts and pictures into vectors",
      description: `Returns one vector of length 1 for each text and picture, at most ${MOST_VECTORS} together. Cosines (dot products) between them say how well they fit; compare_images computes those without moving vectors.`,
      inputSchema: {
        texts: z.array(z.string().min(1).max(LIMITS.text)).max(MOST_VECTORS).default([]),
        images: z.array(picture).max(MOST_VECTORS).default([]),
        model,
      },
      outputSchema: {
        model: z.string(),
        dim: z.int(),
        items: z.array(
          z.object({ kind: z.enum(["text", "image"]), name: z.string(), vector: z.array(z.number()) }),
        ),
      },
      annotations: HINTS,
    },
    async ({ texts, images, model: name }, { signal }) =>
      answered(async () => {
        const { items, used } = await vectorsOf(context, texts, images, name, asker(signal), [
          1,
          MOST_VECTORS,
        ]);
        return {
          model: used,
          dim: items[0]!.vector.length,
          items: items.map(({ vector, ...item }) => ({ ...item, vector: [...vector] })),
        };
      }),
  );

  tools.register(
    "compare_images",
    {
      title: "Compare pictures and texts with each other",
      description:
        "Returns the cosines of all pictures and texts with each other, -1..1. Two photos of one thing are usually above 0.8; a picture and a text that fits it reach 0.2 to 0.4, so compare such figures with each other and not with those of two pictures.",
      inputSchema: {
        images: z.array(picture).max(LIMITS.pictures).default([]),
        texts: z.array(z.string().min(1).max(LIMITS.text)).max(LIMITS.pictures).default([]),
        model,
      },
      outputSchema: {
        model: z.string(),
        items: z.array(z.object({ kind: z.enum(["text", "image"]), name: z.string() })),
        similarity: z.array(z.array(z.number())),
      },
      annotations: HINTS,
    },
    async ({ texts, images, model: name }, { signal }) =>
      answered(async () => {
        const most = 2 * LIMITS.pictures;
        const { items, used } = await vectorsOf(context, texts, images, name, asker(signal), [2, most]);
        return {
          model: used,
          items: items.map(({ kind, name: shown }) => ({ kind, name: shown })),
          similarity: items.map((a) => items.map((b) => dot(a.vector, b.vector))),
        };
      }),
  );

  tools.register(
    "list_models",
    {
      title: "List models",
      description:
        "Returns the models that may be named, which of them is taken by default, and which are loaded.",
      inputSchema: {},
      outputSchema: modelListSchema.shape,
      annotations: HINTS,
    },
    async () => answered(async () => ({ object: "list", data: context.pool.list() })),
  );

  searchTools(tools, context, asker);

  const { labelSets } = context;
  server.registerResource(
    "label-set",
    new ResourceTemplate("zeroclip://label-sets/{name}", {
      list: () => ({
        resources: labelSets.list().map(({ name, description, labels }) => ({
          uri: `zeroclip://label-sets/${name}`,
          name,
          description: `${labels} labels. ${description}`.trim(),
          mimeType: "application/json",
        })),
      }),
    }),
    {
      title: "Label sets",
      description: "Labels with ids, aliases, levels and translations",
      mimeType: "application/json",
    },
    async (uri, { name }) => {
      const { set, version } = labelSets.get(String(name));
      return {
        contents: [
          { uri: uri.href, mimeType: "application/json", text: JSON.stringify({ name, version, ...set }) },
        ],
      };
    },
  );
  return server;
}

interface Item {
  readonly kind: "text" | "image";
  readonly name: string;
  readonly vector: Embedding;
}

/** Vectors of pictures and texts, in that order. Raises the first error: a gap would be no answer. */
async function vectorsOf(
  context: AnswerContext & PictureSources,
  texts: readonly string[],
  images: readonly string[],
  model: string | undefined,
  asker: Asker,
  [least, most]: readonly [number, number],
): Promise<{ items: Item[]; used: string }> {
  const count = texts.length + images.length;
  if (count < least || count > most) {
    throw new ClipError(
      "usage.request",
      `Expected ${least} to ${most} pictures and texts together but received ${count}.`,
    );
  }
  const pictures = await Promise.all(images.map((one, i) => namedPicture(one, i, context)));
  const inputs = pictures.map(({ input }) => {
    if (input instanceof ClipError) throw input;
    return input;
  });
  return context.pool.use(model, async (serving, used) => {
    if (serving.clip.needsLabels)
      throw new ClipError(
        "usage.ensemble",
        `Expected a model with vectors of its own but ${used} is a cascade.`,
      );
    const [found, words] = await Promise.all([
      serving.encodeImages(inputs, { views: "center", eachView: false }, asker),
      serving.encodeTexts(texts, asker),
    ]);
    const vector = (one: Embedding | ClipError): Embedding => {
      if (one instanceof ClipError) throw one;
      return one;
    };
    return {
      used,
      items: [
        ...found.map(
          (one, i): Item => ({
            kind: "image",
            name: pictures[i]!.name,
            vector: vector(one instanceof ClipError ? one : one.result),
          }),
        ),
        ...words.map(
          (one, i): Item => ({
            kind: "text",
            name: texts[i]!,
            vector: vector(one instanceof ClipError ? one : one.vector),
          }),
        ),
      ],
    };
  });
}

/** The same without fields that are undefined. */
function withoutHoles<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
