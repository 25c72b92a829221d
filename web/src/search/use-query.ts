import { useCallback, useEffect, useRef, useState } from "react";
import { isOwn, NOTHING, type Query } from "./query";

export interface QueryState {
  readonly query: Query;
  /** Another query, which the browser's back button leads out of again. */
  set(query: Query): void;
  /** The same query further typed: one step of the browser's history. */
  type(query: Query): void;
}

interface Kept {
  readonly search?: Query;
}

/** A browser writes its history down: a file may be too large for that, and its address ends with the page. */
function kept(query: Query): Kept {
  const { picture, crop, ...rest } = query;
  if (picture !== undefined && isOwn(picture)) return { search: rest };
  return { search: query };
}

function ofHistory(): Query {
  return { ...NOTHING, ...((history.state ?? {}) as Kept).search };
}

/** The query, kept in the browser's history. */
export function useQuery(): QueryState {
  const [query, setQuery] = useState(ofHistory);
  const now = useRef(query);
  const change = useCallback((next: Query): void => {
    now.current = next;
    setQuery(next);
  }, []);
  useEffect(() => {
    const back = ({ state }: PopStateEvent): void => {
      if ((state as Kept | null)?.search !== undefined) change(ofHistory());
    };
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, [change]);
  const set = useCallback(
    (next: Query): void => {
      history.replaceState(kept(now.current), "");
      history.pushState(kept(next), "");
      change(next);
    },
    [change],
  );
  const type = useCallback(
    (next: Query): void => {
      history.replaceState(kept(next), "");
      change(next);
    },
    [change],
  );
  return { query, set, type };
}
