import { useCallback, useEffect, useRef, useState } from "react";
import type { Hit, SearchCall, SearchResponse } from "../api";
import { type Said, sayingOf } from "../said";
import { useServer } from "../server";

/** Hits a page: more than a large screen shows. */
export const PAGE = 100;
/** A word that is being typed is not asked for letter by letter. */
const SETTLE_MS = 180;

export interface Hits {
  readonly list: readonly Hit[];
  /** The first page is on its way; what is in `list` belongs to the question before. */
  readonly busy: boolean;
  /** There are more. */
  readonly open: boolean;
  readonly more: () => void;
  readonly noGoodMatch: boolean;
  /** How many pass the filter, where nothing is looked for. */
  readonly total: number | undefined;
  readonly error: Said | undefined;
  /** The server has answered at least once. */
  readonly answered: boolean;
  /** Of the first page, from question to answer. */
  readonly ms: number | undefined;
  /** Takes pictures out of the list that are no longer there. */
  readonly without: (ids: ReadonlySet<string>) => void;
}

type Found = Pick<Hits, "list" | "noGoodMatch" | "total" | "answered" | "ms"> & {
  readonly next: string | undefined;
  readonly request: SearchCall | undefined;
};

const NONE: Found = {
  list: [],
  noGoodMatch: false,
  total: undefined,
  answered: false,
  ms: undefined,
  next: undefined,
  request: undefined,
};

const isSlow = (before: SearchCall | undefined, now: SearchCall): boolean =>
  before !== undefined && (before.text ?? before.query) !== (now.text ?? now.query);

/** One page after the other, each row once: rows that come and go between two pages move the others. */
function joined(list: readonly Hit[], { hits }: SearchResponse): Hit[] {
  const known = new Set(list.map(({ id }) => id));
  return [...list, ...hits.filter(({ id }) => !known.has(id))];
}

/** Keeps hits up to date with a request; undefined leaves them as they are. `changed` counts changes of the database. */
export function useHits(request: SearchCall | undefined, changed: number): Hits {
  const { api, epoch, state, noticed } = useServer();
  const [found, setFound] = useState(NONE);
  const [busy, setBusy] = useState(true);
  const [error, setError] = useState<Said>();
  const last = useRef<SearchCall>(undefined);
  const paging = useRef<AbortController>(undefined);
  /** What `found` is the answer to. */
  const answered = useRef<readonly [request: SearchCall, changed: number]>(undefined);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a server that is back is asked what it has not answered.
  useEffect(() => {
    if (request === undefined || state !== "ready") return;
    if (answered.current?.[0] === request && answered.current[1] === changed) return setBusy(false);
    const stop = new AbortController();
    paging.current?.abort();
    paging.current = undefined;
    const ask = async (): Promise<void> => {
      setBusy(true);
      last.current = request;
      const began = performance.now();
      try {
        const { hits, next, noGoodMatch, total } = await api.search(request, { signal: stop.signal });
        const ms = performance.now() - began;
        answered.current = [request, changed];
        setFound({ list: hits, next, noGoodMatch, total, answered: true, ms, request });
        setError(undefined);
        setBusy(false);
      } catch (thrown) {
        if (stop.signal.aborted) return;
        setBusy(false);
        setError(noticed(thrown) ? undefined : sayingOf(thrown));
      }
    };
    const timer = setTimeout(() => void ask(), isSlow(last.current, request) ? SETTLE_MS : 0);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [api, request, changed, epoch, state, noticed]);

  const { next, request: asked } = found;
  const more = useCallback(() => {
    if (next === undefined || asked === undefined || paging.current !== undefined || state !== "ready")
      return;
    const stop = new AbortController();
    paging.current = stop;
    api
      .search({ ...asked, cursor: next }, { signal: stop.signal })
      .then((page) => {
        if (stop.signal.aborted) return;
        paging.current = undefined;
        setFound((before) =>
          before.next === next ? { ...before, list: joined(before.list, page), next: page.next } : before,
        );
      })
      .catch((thrown: unknown) => {
        if (stop.signal.aborted) return;
        paging.current = undefined;
        // What was found stays; more is asked for when the server is back, or something changes.
        if (noticed(thrown)) return;
        setError(sayingOf(thrown));
        setFound((before) => ({ ...before, next: undefined }));
      });
  }, [api, asked, next, state, noticed]);
  useEffect(() => () => paging.current?.abort(), []);

  const without = useCallback((ids: ReadonlySet<string>) => {
    setFound((before) => ({ ...before, list: before.list.filter(({ id }) => !ids.has(id)) }));
  }, []);
  const { next: _, request: __, ...shown } = found;
  return { ...shown, busy, error, open: next !== undefined, more, without };
}
