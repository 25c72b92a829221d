import type { ReactNode } from "react";
import { Button, CopyButton } from "../parts/basics";
import { useWords } from "../words";
import type { Selection } from "./use-selection";

/** Pictures that one query can be made of, beside its words. */
const MOST_LIKE = 8;

/** What may be done with the pictures that were chosen. */
export function SelectionBar({
  selection,
  collection,
  onCollect,
  onRemove,
  onLike,
}: {
  readonly selection: Selection;
  /** The one that is open. */
  readonly collection: string | undefined;
  readonly onCollect: () => void;
  readonly onRemove: () => void;
  readonly onLike: () => void;
}): ReactNode {
  const words = useWords();
  const s = words.search.selection;
  const { hits, clear } = selection;
  if (hits.length === 0) return null;
  return (
    <section className="selection-bar" aria-label={s.title}>
      <span className="digits" role="status">
        {s.count(hits.length)}
      </span>
      <Button kind="main" icon="collection" onClick={onCollect}>
        {s.collect}
      </Button>
      {collection !== undefined && (
        <Button icon="minus" onClick={onRemove}>
          {s.removeFrom(collection)}
        </Button>
      )}
      {hits.length <= MOST_LIKE && (
        <Button icon="similar" onClick={onLike}>
          {s.like}
        </Button>
      )}
      <CopyButton label={s.copy} text={hits.map(({ path }) => path).join("\n")} />
      <Button kind="quiet" onClick={clear}>
        {s.clear}
      </Button>
    </section>
  );
}
