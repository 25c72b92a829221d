import pc from "picocolors";
import type { Hit } from "../../search/find/hits.js";
import type { Store } from "../../search/store/store.js";
import { print } from "../output.js";
import { clip, table } from "../table.js";
import { inlinePicture, protocolOf } from "./inline.js";
import { previewOf } from "./preview.js";
import { type Shown, shownPath } from "./words.js";

/** Cells beside the path: relevance, similarity, size, copies and gaps. */
const REST = 50;
/** Least cells of a path in a narrow terminal. */
const LEAST_PATH = 16;
/** Longer side of a picture in the terminal, pixels, and the lines it takes. */
const SIDE = 240;
const LINES = 7;

const right = { align: "right" } as const;
const COLUMNS = [
  { title: "relevance", ...right },
  { title: "similarity", ...right },
  { title: "size", ...right },
  { title: "copies", ...right },
  { title: "picture" },
];

function cells(hit: Hit): string[] {
  const room = Math.max(LEAST_PATH, (process.stdout.columns || 80) - REST);
  return [
    hit.relevance === null ? "—" : `${(100 * hit.relevance).toFixed(1)} %`,
    hit.similarity.toFixed(3),
    `${hit.width} × ${hit.height}`,
    hit.copies.length === 0 ? "" : `+${hit.copies.length}`,
    clip(shownPath(hit), room),
  ];
}

/** A table; in a terminal that shows pictures each row comes under its picture. */
export async function printTable(
  store: Store,
  hits: readonly Hit[],
  pictures: "auto" | "never",
  about: Shown,
): Promise<void> {
  const [head, ...rows] = table(COLUMNS, hits.map(cells), Number.POSITIVE_INFINITY).split("\n");
  const protocol = pictures === "never" ? undefined : protocolOf(process.env);
  print(pc.bold(head!));
  for (const [i, row] of rows.entries()) {
    const picture = protocol && (await previewOf(store, hits[i]!, SIDE, "png", about));
    if (protocol && picture) print(inlinePicture(picture, protocol, LINES));
    print(row);
  }
}
