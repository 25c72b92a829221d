import { useCallback, useEffect, useState } from "react";
import type { DuplicateGroup } from "../api";
import { type Said, sayingOf } from "../said";
import { useServer } from "../server";

/** Groups a page. */
const PAGE = 30;

interface Found {
  readonly groups: readonly DuplicateGroup[];
  readonly total: number;
  readonly extra: number;
  readonly cursor: string | undefined;
}

export interface Duplicates {
  readonly found: Found | undefined;
  readonly busy: boolean;
  readonly error: Said | undefined;
  readonly more: (() => void) | undefined;
  /** Moves pictures to the trash; undefined where that failed as a whole. */
  trash(pictures: readonly string[]): Promise<Moved | undefined>;
  undo(moved: Moved): Promise<number | undefined>;
}

export interface Moved {
  readonly moved: number;
  readonly left: number;
  readonly undo: string | undefined;
}

/** Groups of a database, a page at a time, asked for anew after each change. */
export function useDuplicates(db: string, threshold: number | undefined): Duplicates {
  const { api, epoch, noticed } = useServer();
  const [found, setFound] = useState<Found>();
  const [busy, setBusy] = useState(true);
  const [error, setError] = useState<Said>();
  const [version, setVersion] = useState(0);
  const given = threshold === undefined ? {} : { threshold };
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change, or a server that is back, is asked about anew.
  useEffect(() => {
    const stop = new AbortController();
    setBusy(true);
    api.databases
      .duplicates(db, { ...given, top: PAGE, signal: stop.signal })
      .then(({ groups, total, extra, cursor }) => {
        setFound({ groups, total, extra, cursor });
        setError(undefined);
        setBusy(false);
      })
      .catch((thrown: unknown) => {
        if (stop.signal.aborted) return;
        setBusy(false);
        setError(noticed(thrown) ? undefined : sayingOf(thrown));
      });
    return () => stop.abort();
  }, [api, db, threshold, version, epoch, noticed]);
  const act = useCallback(
    async <T>(work: () => Promise<T>): Promise<T | undefined> => {
      setBusy(true);
      try {
        const done = await work();
        setError(undefined);
        return done;
      } catch (thrown) {
        if (!noticed(thrown)) setError(sayingOf(thrown));
        return undefined;
      } finally {
        setBusy(false);
      }
    },
    [noticed],
  );
  const cursor = found?.cursor;
  const more = (): void =>
    void act(async () => {
      const page = await api.databases.duplicates(db, { ...given, top: PAGE, ...(cursor ? { cursor } : {}) });
      setFound((before) => ({
        groups: [...(before?.groups ?? []), ...page.groups],
        ...{ total: page.total, extra: page.extra, cursor: page.cursor },
      }));
    });
  const trash = (pictures: readonly string[]): Promise<Moved | undefined> =>
    act(async () => {
      const answer = await api.databases.trash(db, { pictures: [...pictures], ...given });
      setVersion((n) => n + 1);
      return { moved: answer.moved, left: answer.left?.length ?? 0, undo: answer.undo };
    });
  const undo = (moved: Moved): Promise<number | undefined> =>
    act(async () => {
      const { restored } = await api.databases.undoTrash(db, moved.undo ?? "");
      setVersion((n) => n + 1);
      return restored;
    });
  return { found, busy, error, more: cursor === undefined ? undefined : more, trash, undo };
}
