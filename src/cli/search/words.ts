import { relative, sep } from "node:path";
import type { ImageOptions } from "../../image/options.js";
import type { FilterWords } from "../../search/find/filters.js";
import type { Hit } from "../../search/find/hits.js";
import { harmless, type ToldWarning } from "../output.js";

/** Options of the command. */
export interface SearchWords extends Omit<FilterWords, "labels"> {
  readonly db: string;
  readonly text?: readonly string[];
  readonly image?: readonly string[];
  readonly query?: string;
  readonly like?: readonly string[];
  readonly crop?: string;
  readonly centre?: boolean;
  readonly label?: readonly string[];
  readonly minSimilarity?: number;
  readonly minRelevance?: number;
  readonly all?: boolean;
  readonly top?: number;
  readonly page?: string;
  readonly diverse?: number;
  readonly copies?: boolean;
  readonly exact?: boolean;
  readonly html?: string;
  readonly pictures: "auto" | "never";
  readonly json?: boolean;
}

/** What is known beside the hits. */
export interface Shown {
  readonly model: string;
  readonly warnings: readonly ToldWarning[];
  readonly image: ImageOptions;
  readonly signal: AbortSignal;
}

/** A path from here on where it lies below, else whole; key frames with their time. */
export function shownPath({ path, time }: Pick<Hit, "path" | "time">): string {
  const below = relative(process.cwd(), path).split(sep).join("/");
  const isBelow = !below.startsWith("..") && !path.includes("://") && below !== "";
  const seconds = time === null ? "" : ` @ ${(time / 1000).toFixed(1)} s`;
  return harmless(`${isBelow ? below : path}${seconds}`);
}
