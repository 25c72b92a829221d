import type { ReactNode } from "react";
import type { Database, Hit } from "../api";
import { useWords } from "../words";
import { Filters } from "./filters";
import { looksForSomething, type Query } from "./query";
import { Results } from "./results";
import type { Hits } from "./use-hits";
import type { QueryState } from "./use-query";
import type { Selection } from "./use-selection";

/** Filters, what was found with them, and how many. */
export function PicturesTab(props: {
  readonly state: QueryState;
  readonly hits: Hits;
  readonly database: Database;
  readonly selection: Selection;
  readonly isTooMuch: boolean;
  readonly onOpen: (index: number) => void;
  readonly onSimilar: (hit: Hit) => void;
  readonly onUpload: (() => void) | undefined;
}): ReactNode {
  const { state, hits, database, isTooMuch } = props;
  const words = useWords();
  return (
    <section className="results" aria-label={words.search.results}>
      <div className="results-head">
        <Filters state={state} database={database} hits={hits.list} />
        <p className="quiet-text digits results-count" role="status">
          {isTooMuch ? words.search.tooMany : <Count hits={hits} query={state.query} />}
        </p>
      </div>
      <Results {...props} />
    </section>
  );
}

function Count({ hits, query }: { readonly hits: Hits; readonly query: Query }): ReactNode {
  const words = useWords();
  const s = words.search;
  const { list, total, open, answered, ms } = hits;
  if (!answered) return s.searching;
  if (list.length === 0) return "\u00a0";
  const parts =
    total === undefined
      ? [s.found(list.length, open), ...(looksForSomething(query) ? [s.byFit] : [])]
      : [s.all(total), s.newest];
  return [...parts, ...(ms === undefined ? [] : [s.time(Math.round(ms))])].join(" · ");
}
