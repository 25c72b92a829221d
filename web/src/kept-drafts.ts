import type { StoredLabelSet } from "./api";
import type { Draft } from "./set-draft";

/** A set that was changed and not saved, and the version that was changed. */
export interface KeptDraft {
  readonly stored: StoredLabelSet;
  readonly value: Draft;
}

/** By the set's name, for as long as the page is open: another view may be looked at meanwhile. */
export const keptDrafts = new Map<string, KeptDraft>();

/** The browser asks before the page goes with what is not saved. */
addEventListener("beforeunload", (event) => {
  if (keptDrafts.size > 0) event.preventDefault();
});
