import type { ReactNode } from "react";
import type { Database, Hit } from "../api";
import { Button, Empty, Notice } from "../parts/basics";
import { spoken } from "../said";
import { useWords } from "../words";
import { Grid } from "./grid";
import { hasFilter, looksForSomething } from "./query";
import type { Hits } from "./use-hits";
import type { QueryState } from "./use-query";
import type { Selection } from "./use-selection";

/** Grey pictures of a first page, as wide as photos are. */
const WAITING = [
  1.5, 0.75, 1.33, 1.5, 1, 1.33, 0.75, 1.5, 1.5, 1.33, 1, 0.75, 1.5, 1.33, 1.5, 0.75, 1.33, 1.5,
];

/** Grey boxes where pictures will be. */
export function WaitingTiles(): ReactNode {
  return (
    <div className="tiles-waiting" aria-hidden="true">
      {WAITING.map((ratio, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: boxes without anything in them are alike.
        <span key={i} style={{ flexGrow: ratio, aspectRatio: ratio }} />
      ))}
    </div>
  );
}

/** What was found, or why nothing was. */
export function Results({
  state,
  hits,
  database,
  selection,
  onOpen,
  onSimilar,
  onUpload,
}: {
  readonly state: QueryState;
  readonly hits: Hits;
  readonly database: Database;
  readonly selection: Selection;
  readonly onOpen: (index: number) => void;
  readonly onSimilar: (hit: Hit) => void;
  readonly onUpload: (() => void) | undefined;
}): ReactNode {
  const words = useWords();
  const { query } = state;
  const { list, busy, error, answered, noGoodMatch } = hits;
  if (!answered && !error) return <WaitingTiles />;
  return (
    <>
      {error && <Notice kind="error">{spoken(error, words)}</Notice>}
      {query.all && looksForSomething(query) && list.length > 0 && (
        <Notice>
          {words.search.littleFit}{" "}
          <Button kind="quiet" onClick={() => state.set({ ...query, all: false })}>
            {words.search.littleFitHide}
          </Button>
        </Notice>
      )}
      <div className={busy ? "dimmed" : ""} aria-busy={busy}>
        {list.length === 0 && answered && !error && (
          <Nothing
            state={state}
            noGoodMatch={noGoodMatch}
            database={database}
            busy={busy}
            onUpload={onUpload}
          />
        )}
        <Grid
          hits={list}
          label={words.search.results}
          chosen={selection.ids}
          onChoose={(index, through) => selection.turn(list, index, through)}
          onOpen={onOpen}
          onSimilar={onSimilar}
          onMore={hits.open && !busy ? hits.more : undefined}
        />
      </div>
    </>
  );
}

function Nothing({
  state: { query, set },
  noGoodMatch,
  database,
  busy,
  onUpload,
}: {
  readonly state: QueryState;
  readonly noGoodMatch: boolean;
  readonly database: Database;
  readonly busy: boolean;
  readonly onUpload: (() => void) | undefined;
}): ReactNode {
  const words = useWords();
  const s = words.search;
  if (noGoodMatch)
    return (
      <Empty icon="search" title={s.noGood}>
        <p className="hint">{s.noGoodHint}</p>
        <Button disabled={busy} onClick={() => set({ ...query, all: true })}>
          {s.noGoodShow}
        </Button>
      </Empty>
    );
  if (database.rows > 0)
    return (
      <Empty
        icon="search"
        title={query.filter.collection === undefined ? s.noneFiltered : s.collections.isEmpty}
      >
        {hasFilter(query) && <Button onClick={() => set({ ...query, filter: {} })}>{s.filters.clear}</Button>}
      </Empty>
    );
  return (
    <Empty icon="image" title={s.empty}>
      {onUpload && (
        <Button kind="main" icon="upload" onClick={onUpload}>
          {s.emptyUpload}
        </Button>
      )}
    </Empty>
  );
}
