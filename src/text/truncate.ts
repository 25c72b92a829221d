import type { TokenIds } from "./tokenizer.js";

/** Ids between what always stands before and after them; what does not fit is cut from their end, and counted. */
export function truncate(
  before: readonly number[],
  ids: readonly number[],
  after: readonly number[],
  maxLength: number,
): Pick<TokenIds, "ids" | "lost"> {
  const room = Math.max(0, maxLength - before.length - after.length);
  const kept = ids.length <= room ? ids : ids.slice(0, room);
  return { ids: [...before, ...kept, ...after], lost: ids.length - kept.length };
}
