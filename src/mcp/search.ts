import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { ClipError } from "../errors.js";
import type { QueryPart } from "../search/find/query.js";
import type { ServerContext } from "../server/context.js";
import type { SearchRoom } from "../server/databases/room.js";
import { answerSearch } from "../server/databases/search.js";
import type { Asker } from "../server/queue/batcher.js";
import { LIMITS } from "../server/wire/limits.js";
import {
  hitSchema,
  type SearchRequest,
  searchFilterSchema,
  searchRequestSchema,
} from "../server/wire/search.js";
import { namedPicture, type PictureSources } from "./pictures.js";
import { answered, type ToolBox } from "./tools.js";

/** What the search tools need. */
export interface SearchToolContext extends Pick<ServerContext, "options" | "pool" | "keys">, PictureSources {
  readonly search: SearchRoom;
}

/** Hits that an agent is given where it asks for no other number, and at most: what it reads costs it room. */
const [TOP, MOST] = [10, 50];
/** Small pictures that an answer shows at most. */
const MOST_SHOWN = 8;

const shownHit = hitSchema.pick({
  id: true,
  path: true,
  relevance: true,
  width: true,
  height: true,
  date: true,
  time: true,
  labels: true,
  caption: true,
});
const output = {
  db: z.string(),
  hits: z.array(shownHit),
  next: z.string().optional().describe("cursor of the page after"),
  noGoodMatch: z.boolean().describe("true: there are pictures, but none fits; all: true gives the nearest"),
};
const HINTS = { readOnlyHint: true, idempotentHint: true, openWorldHint: false } as const;

const page = {
  db: z.string().max(64).optional().describe("name of a database; default: the first"),
  filter: searchFilterSchema.optional(),
  all: z.boolean().optional().describe("true: also what hardly fits"),
  diverse: z.number().min(0).max(1).optional().describe("0.5: hits that differ from each other"),
  top: z.int().min(1).max(MOST).default(TOP),
  cursor: z.string().max(LIMITS.cursor).optional().describe("next of the answer before"),
  show: z
    .int()
    .min(0)
    .max(MOST_SHOWN)
    .default(0)
    .describe("so many of the first hits also as small pictures, for agents that see"),
};

type Page = z.output<z.ZodObject<typeof page>>;
type Signalled = Asker & { readonly signal: AbortSignal };

/** Finding pictures; offered where there is a database. */
export function searchTools(
  tools: ToolBox,
  context: SearchToolContext,
  asker: (signal: AbortSignal) => Signalled,
): void {
  const { search: room } = context;
  const names = room.databases.list().map(({ name }) => name);
  if (names.length === 0) return;

  const find = (
    asked: Omit<SearchRequest, keyof Page> & Page,
    image: string | undefined,
    signal: AbortSignal,
  ): Promise<CallToolResult> => {
    let ids: string[] = [];
    const by = asker(signal);
    const work = async (): Promise<object> => {
      const { show, ...rest } = asked;
      const request = searchRequestSchema.parse(
        Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
      );
      const parts = image === undefined ? [] : [await pictureOf(image, context)];
      const { hits, ...told } = await answerSearch(context, room, request, by, parts);
      ids = hits.slice(0, show).map(({ id }) => id);
      const { db, next, noGoodMatch } = told;
      return {
        db,
        hits: hits.map((hit) => shownHit.strip().parse(hit)),
        ...(next === undefined ? {} : { next }),
        noGoodMatch,
      };
    };
    return answered(work, () => shown(context, asked.db, ids, by.signal));
  };

  tools.register(
    "search_images",
    {
      title: "Find pictures in a database",
      description: `Finds pictures by words, by a picture, or both together, among those that were indexed (databases: ${names.join(", ")}). Relevance is the probability that a hit fits; where none does, hits is empty and noGoodMatch true. With neither text, query nor image the newest pictures come that pass the filter. Give show to see some of them.`,
      inputSchema: {
        text: z
          .string()
          .max(LIMITS.query)
          .optional()
          .describe('what is on it, such as "a lighthouse at night"'),
        query: z
          .string()
          .max(LIMITS.query)
          .optional()
          .describe('words with signs and weights: lighthouse +"at night" -people^0.5'),
        image: z
          .string()
          .min(1)
          .optional()
          .describe(
            "like this one: a path in an allowed folder, a data URL, or an address where those are fetched",
          ),
        ...page,
      },
      outputSchema: output,
      annotations: HINTS,
    },
    ({ image, ...asked }, { signal }) => find(asked, image, signal),
  );

  tools.register(
    "find_similar",
    {
      title: "Find pictures like one of a database",
      description:
        "Finds pictures that look like one that search_images found, given by its id. The picture itself and copies of it are left out.",
      inputSchema: { id: z.string().max(64).describe("id of a hit"), ...page },
      outputSchema: output,
      annotations: HINTS,
    },
    ({ id, ...asked }, { signal }) => find({ ...asked, like: id }, undefined, signal),
  );
}

async function pictureOf(image: string, context: PictureSources): Promise<QueryPart> {
  const { input } = await namedPicture(image, 0, context);
  if (input instanceof ClipError) throw input;
  return { picture: input, weight: 1 };
}

/** Small pictures of hits, each after its id; one that can't be made is left out. */
async function shown(
  { search: room }: SearchToolContext,
  name: string | undefined,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<CallToolResult["content"]> {
  const db = room.databases.get(name);
  const content: CallToolResult["content"] = [];
  for (const row of await Promise.all(ids.map((id) => db.shown.get(id)))) {
    const small = row && (await room.thumbnails.of(db, row, undefined, signal).catch(() => undefined));
    if (!small) continue;
    const data = Buffer.from(small.bytes).toString("base64");
    content.push({ type: "text", text: row.id }, { type: "image", data, mimeType: small.type });
  }
  return content;
}
