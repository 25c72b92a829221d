import { useEffect, useState } from "react";
import type { PictureMap } from "../api";
import { type Said, sayingOf } from "../said";
import { useServer } from "../server";

const AGAIN_MS = 1000;

export interface MapState {
  readonly map: PictureMap | undefined;
  /** Share that is done, while the server makes it. */
  readonly done: number | undefined;
  readonly error: Said | undefined;
}

/** The map of a database; it is asked for again while the server makes it. */
export function useMap(db: string): MapState {
  const { api, epoch, noticed } = useServer();
  const [state, setState] = useState<MapState>({ map: undefined, done: undefined, error: undefined });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a server that is back is asked anew.
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        const answer = await api.databases.map(db, { signal: stop.signal });
        if (stop.signal.aborted) return;
        if (answer.state === "done") return setState({ map: answer, done: undefined, error: undefined });
        setState({ map: undefined, done: answer.done, error: undefined });
        timer = setTimeout(() => void ask(), AGAIN_MS);
      } catch (thrown) {
        if (stop.signal.aborted) return;
        setState({ map: undefined, done: undefined, error: noticed(thrown) ? undefined : sayingOf(thrown) });
      }
    };
    void ask();
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [api, db, epoch, noticed]);
  return state;
}
